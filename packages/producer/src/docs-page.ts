/** The OpenAPI document as a page to read: one file of HTML, no script, nothing loaded from anywhere. */
import type { OpenApiDocument, Operation } from "./openapi.ts";

/** Forbids everything but the page's own style. */
export const DOCS_POLICY =
  "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

const STYLE = `
:root { color-scheme: light dark; }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
h2 { border-top: 1px solid #8886; padding-top: 1.5rem; margin-top: 2.5rem; }
code, pre { font: 14px/1.45 ui-monospace, monospace; }
pre { background: #8882; padding: .75rem 1rem; border-radius: .4rem; overflow-x: auto; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; vertical-align: top; padding: .3rem .8rem .3rem 0; border-bottom: 1px solid #8884; }
`;

/** What can stand in a shell command as it is. */
const PLAIN_ORIGIN = /^https?:\/\/[\w.:[\]-]+$/;

/** @param askedAt where the service was asked, for the examples: it comes from the Host header */
export function renderDocs({ info, paths, components }: OpenApiDocument, askedAt: string): string {
  const origin = PLAIN_ORIGIN.test(askedAt) ? askedAt : "http://localhost:8201";
  const operations = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) =>
      section(method.toUpperCase(), path, operation, origin),
    ),
  );
  const schemas = Object.entries(components.schemas).map(
    ([name, schema]) =>
      `<h3 id="${escapeText(name)}">${escapeText(name)}</h3>${code(JSON.stringify(schema, null, 2))}`,
  );
  return `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${escapeText(info.title)}</title><style>${STYLE}</style></head>
<body>
<h1>${escapeText(info.title)}</h1>
<p>${escapeText(info.description)} The same for programs: <a href="/openapi.json">/openapi.json</a>.</p>
${operations.join("\n")}
<h2>Schemas</h2>
${schemas.join("\n")}
</body>
</html>
`;
}

function section(method: string, path: string, operation: Operation, origin: string): string {
  const { summary, description, parameters = [], requestBody, responses } = operation;
  const rows = parameters.map(
    ({ name, in: place, description, required }) =>
      `<tr><td><code>${escapeText(name)}</code></td><td>${escapeText(place)}${required ? ", required" : ""}</td><td>${escapeText(description)}</td></tr>`,
  );
  const answers = Object.entries(responses).map(([status, { description, content = {} }]) => {
    const [example] = Object.values(content).map(({ example }) => example);
    const shown = example === undefined ? "" : code(JSON.stringify(example, null, 2));
    return `<tr><td><code>${escapeText(status)}</code></td><td>${escapeText(description)}${Number(status) < 300 ? shown : ""}</td></tr>`;
  });
  return `<h2><code>${escapeText(method)} ${escapeText(path)}</code> ${escapeText(summary)}</h2>
<p>${escapeText(description)}</p>
${code(curl(method, path, requestBody, origin))}
${rows.length === 0 ? "" : `<h3>Parameters</h3><table>${rows.join("")}</table>`}
<h3>Answers</h3><table>${answers.join("")}</table>`;
}

/** A command that can be pasted into a shell. */
function curl(method: string, path: string, requestBody: Operation["requestBody"], origin: string): string {
  const url = `${origin}${path.replace("{id}", "7f8e9d0c-1b2a-4c3d-9e8f-0a1b2c3d4e5f")}`;
  const [example] = Object.values(requestBody?.content ?? {}).map(({ example }) => example);
  if (example === undefined) return `curl '${url}'`;
  return `curl -X ${method} '${url}' -H 'Content-Type: application/json' \\\n  -d '${JSON.stringify(example)}'`;
}

function code(text: string): string {
  return `<pre><code>${escapeText(text)}</code></pre>`;
}

function escapeText(text: string): string {
  return Bun.escapeHTML(text);
}
