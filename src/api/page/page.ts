/** The page's frame; the script fills `main` with text nodes only. */
export const PAGE = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Instar</title>
<link rel="icon" href="/assets/icon.svg">
<link rel="stylesheet" href="/assets/page.css">
<script type="module" src="/assets/page.js"></script>
</head>
<body>
<header>
<h1>Instar</h1>
<p id="connection" class="pill" role="status">connecting</p>
<form method="post" action="/logout"><button type="submit" class="plain">Log out</button></form>
</header>
<main id="stacks" aria-busy="true"></main>
<p id="empty" class="quiet" hidden>No stack is up. In a folder with a compose.yaml: <code>instar up</code></p>
<div id="problem" class="problem" role="alert" hidden></div>
<noscript><p class="problem">This page needs JavaScript; the command line does not: <code>instar ps</code></p></noscript>
<template id="service">
<article class="service card">
<div class="title">
<h3></h3>
<span class="pill state"></span>
<span class="pill pinned" hidden>pinned</span>
<span class="serving quiet"></span>
</div>
<p class="reached quiet"></p>
<ul class="cells" aria-label="Instances"></ul>
<div class="progress" role="status" hidden>
<p class="outcome"></p>
<p class="step quiet"></p>
<pre class="evidence" tabindex="0" hidden></pre>
</div>
<form class="redeploy">
<label><span class="caption">Image</span> <input name="image" spellcheck="false" autocapitalize="off" autocomplete="off" required></label>
<button type="submit">Redeploy</button>
</form>
<p class="refusal problem" role="alert" hidden></p>
<details>
<summary>History</summary>
<div class="tables"></div>
</details>
</article>
</template>
</body>
</html>
`;
