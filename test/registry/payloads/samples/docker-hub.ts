// After the example of docs.docker.com/docker-hub/repos/manage/webhooks ("Example webhook payload").
import { JSON_TYPE, type Sample } from "./sample.ts";

export const dockerHub: Sample = {
  headers: JSON_TYPE,
  body: {
    callback_url: "https://registry.hub.docker.com/u/acme/web/hook/2141b5bi5i5b02bec211i4eeih0242eg11000a/",
    push_data: { pushed_at: 1417566161, pusher: "trustedbuilder", tag: "1.4" },
    repository: {
      comment_count: 0,
      date_created: 1417494799,
      description: "",
      dockerfile: "FROM debian\nEXPOSE 8080\n",
      full_description: "An automated build",
      is_official: false,
      is_private: true,
      is_trusted: true,
      name: "web",
      namespace: "acme",
      owner: "acme",
      repo_name: "acme/web",
      repo_url: "https://registry.hub.docker.com/u/acme/web/",
      star_count: 0,
      status: "Active",
    },
  },
  read: {
    form: "docker-hub",
    pushed: [{ repositories: ["docker.io/acme/web"], tag: "1.4", digest: null, id: "acme/web:1.4@1417566161" }],
    shared: false,
    callback: "https://registry.hub.docker.com/u/acme/web/hook/2141b5bi5i5b02bec211i4eeih0242eg11000a/",
  },
};
