/** `/openapi.json` for programs and `/docs` for people, both from the routes as they are. */
import type { AnyElysia } from "elysia";
import { DOCS_POLICY, renderDocs } from "./docs-page.ts";
import { describeApp, type OpenApiDocument } from "./openapi.ts";
import type { Handler } from "./route.ts";

export function createDocsRoutes(app: AnyElysia): { getDocument: Handler; getPage: Handler } {
  let described: Promise<OpenApiDocument> | undefined;
  const describe = () => {
    described ??= describeApp(app);
    return described;
  };
  return {
    getDocument: async () => Response.json(await describe()),
    async getPage({ url }) {
      return new Response(renderDocs(await describe(), new URL(url).origin), {
        headers: {
          "content-type": "text/html; charset=utf-8",
          "content-security-policy": DOCS_POLICY,
          "x-content-type-options": "nosniff",
          "referrer-policy": "no-referrer",
        },
      });
    },
  };
}
