import { Argument, Command } from "commander";
import type { Verb } from "../cli.ts";
import { examples } from "../examples.ts";
import type { VERBS } from "../verbs.ts";

const SHELLS = ["bash", "zsh", "fish"] as const;

/** A verb as a shell completes it. */
interface Words {
  readonly name: string;
  readonly summary: string;
  /** `--follow`, `-f`. */
  readonly options: readonly string[];
  /** Values that an argument may have, where they are few. */
  readonly values: readonly string[];
}

/** A script for the shell to read at its start; it asks nobody, so that a completion never waits for a daemon. */
export const completion = (verbs: typeof VERBS): Verb => ({
  declare: (command) =>
    examples(
      command.addArgument(new Argument("<shell>", "whose script").choices([...SHELLS])),
      "completion bash > /etc/bash_completion.d/instar",
      'completion zsh > "${fpath[1]}/_instar"',
      "completion fish > ~/.config/fish/completions/instar.fish",
    ),
  async run(cli, [shell]) {
    const words = await Promise.all(Object.entries(verbs).map(([name, entry]) => wordsOf(name, entry)));
    const script = shell === "fish" ? fish(words) : shell === "zsh" ? zsh(words) : bash(words);
    if (cli.json) cli.document({ shell, script });
    else cli.print(script);
    return 0;
  },
});

async function wordsOf(name: string, { summary, load }: (typeof VERBS)[string]): Promise<Words> {
  const command = (await load()).declare(new Command(name));
  const options = command.options.flatMap(({ long, short }) => [long, short].filter((one) => one != null));
  const values = command.registeredArguments.flatMap(({ argChoices }) => argChoices ?? []);
  return { name, summary, options: [...options, "--json", "--help"], values };
}

/** The word before `--` alone is ours: what follows is somebody else's command (instar exec). */
const bash = (verbs: readonly Words[]): string => `_instar() {
  local word=\${COMP_WORDS[COMP_CWORD]} verb= one
  for one in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    if [ "$one" = -- ]; then return; fi
    case $one in -*) ;; *) verb=\${verb:-$one} ;; esac
  done
  local words=
  case $verb in
    "") words="${verbs.map(({ name }) => name).join(" ")} --help --json --version" ;;
${verbs.map(({ name, options, values }) => `    ${name}) case $word in -*) words="${options.join(" ")}" ;; *) words="${values.join(" ")}" ;; esac ;;`).join("\n")}
  esac
  COMPREPLY=($(compgen -W "$words" -- "$word"))
}
complete -o default -F _instar instar`;

/** zsh reads what is written for bash (zshcompsys(1), bashcompinit). */
const zsh = (verbs: readonly Words[]): string => `#compdef instar
autoload -U +X bashcompinit && bashcompinit
${bash(verbs)}`;

const fish = (verbs: readonly Words[]): string =>
  verbs
    .flatMap(({ name, summary, options, values }) => [
      `complete -c instar -n __fish_use_subcommand -f -a ${name} -d '${summary.replaceAll("'", "\\'")}'`,
      ...[...new Set(options)].map(
        (option) =>
          `complete -c instar -n '__fish_seen_subcommand_from ${name}' ${option.startsWith("--") ? "-l" : "-s"} ${option.replace(/^-+/, "")}`,
      ),
      ...values.map((value) => `complete -c instar -n '__fish_seen_subcommand_from ${name}' -f -a ${value}`),
    ])
    .join("\n");
