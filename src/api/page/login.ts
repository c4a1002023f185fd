const escaped = (text: string) => text.replace(/[&<>"']/g, (c) => `&#${c.charCodeAt(0)};`);

/** The login form; `problem` says why the last try failed. */
export const LOGIN = (problem: string | null) => `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Instar: log in</title>
<link rel="icon" href="/assets/icon.svg">
<link rel="stylesheet" href="/assets/page.css">
</head>
<body class="login">
<main class="card">
<h1>Instar</h1>
<form method="post" action="/login">
<label for="token">Token</label>
<input id="token" name="token" type="password" autocomplete="current-password" required autofocus aria-describedby="where">
<p id="where" class="quiet">It stands in the file <code>token</code> of the daemon's home.</p>
${problem === null ? "" : `<p class="problem" role="alert">${escaped(problem)}</p>`}
<button type="submit">Log in</button>
</form>
</main>
</body>
</html>
`;
