// Reads an OpenAPI 3 description into what the page shows. No element is made here, so this can be tested alone.
const METHODS = ["get", "post", "put", "patch", "delete"];

export const resolve = (api, node) =>
  node?.$ref ? node.$ref.replace(/^#\//, "").split("/").reduce((at, part) => at?.[part.replace(/~1/g, "/").replace(/~0/g, "~")], api) : node;

export function typeOf(api, schema) {
  if (!schema) return "";
  if (schema.$ref) return schema.$ref.split("/").pop();
  if (schema.enum) return schema.enum.map((value) => JSON.stringify(value)).join(" | ");
  const type = [].concat(schema.type ?? "any").join(" | ");
  if (type === "array") return `array of ${typeOf(api, schema.items)}`;
  return schema.format ? `${type} (${schema.format})` : type;
}

export function fieldsOf(api, schema) {
  const whole = resolve(api, schema);
  const object = whole?.type === "array" ? resolve(api, whole.items) : whole;
  const required = new Set(object?.required ?? []);
  return Object.entries(object?.properties ?? {}).map(([name, field]) => ({
    name,
    type: typeOf(api, field),
    required: required.has(name),
    text: resolve(api, field)?.description ?? "",
  }));
}

const jsonSchema = (content) => Object.entries(content ?? {}).find(([type]) => type.includes("json"))?.[1]?.schema;

export function callsOf(api) {
  const base = api.servers?.[0]?.url?.replace(/\/$/, "") ?? "";
  return Object.entries(api.paths ?? {}).flatMap(([path, item]) =>
    METHODS.filter((method) => item[method]).map((method) => {
      const call = item[method];
      const body = jsonSchema(resolve(api, call.requestBody)?.content);
      return {
        method: method.toUpperCase(),
        path: base + path,
        group: call.tags?.[0] ?? "",
        summary: call.summary ?? "",
        text: call.description ?? "",
        parameters: [...(item.parameters ?? []), ...(call.parameters ?? [])].map((parameter) => {
          const { name, in: place, required = false, schema, description = "" } = resolve(api, parameter);
          return { name: `${name} (${place})`, type: typeOf(api, schema), required, text: description };
        }),
        body: body ? fieldsOf(api, body) : [],
        answers: Object.entries(call.responses ?? {}).map(([status, found]) => {
          const answer = resolve(api, found);
          const schema = jsonSchema(answer?.content);
          return { status, text: answer?.description ?? "", type: typeOf(api, schema), fields: schema ? fieldsOf(api, schema) : [] };
        }),
      };
    }));
}
