// The page at /docs: Swagger UI on this server's own document. Credentials that are typed in here stay in the
// page and are gone when it is left.

const DOCUMENT = "/openapi.json";

fetch(DOCUMENT)
  .then((answer) => (answer.ok ? answer.json() : Promise.reject(new Error(`${DOCUMENT} answered ${answer.status}`))))
  .then(show)
  .catch((error) => {
    document.getElementById("docs").textContent = `The document cannot be shown: ${error.message}`;
  });

function show(spec) {
  // HEAD is what GET is: it would only make the list longer.
  for (const item of Object.values(spec.paths)) delete item.head;
  globalThis.SwaggerUIBundle({
    spec,
    dom_id: "#docs",
    deepLinking: true,
    docExpansion: "list",
    defaultModelsExpandDepth: 0,
    defaultModelExpandDepth: 3,
    displayRequestDuration: true,
    filter: true,
    persistAuthorization: false,
    validatorUrl: null,
  });
}
