// The messaging spec (5.5) as JSON schemas: what a kernel may send.
import { Ajv, type ValidateFunction } from "ajv";
import type { Channel, Message } from "../../kernel/protocol/messages.js";

/** What is wrong with a message that a kernel sent on `channel`; empty when it is as the spec has it. */
export function findViolations(channel: Channel, message: Message): string[] {
  const { msg_type: msgType } = message.header;
  const check = (name: string, validate: ValidateFunction | undefined, value: unknown): string[] => {
    if (!validate) return [`${channel}: ${msgType} is no message of this channel`];
    if (validate(value)) return [];
    return (validate.errors ?? []).map(
      ({ instancePath, message: text, params }) =>
        `${channel}: ${msgType}: ${name}${instancePath} ${text} ${JSON.stringify(params)}`,
    );
  };
  const isReply = channel === "shell" || channel === "control";
  const contents = isReply ? replies : channel === "stdin" ? stdin : iopub;
  const failed = isReply && message.content.status === "error";
  const aborted = isReply && message.content.status === "aborted";
  const content = contents.get(msgType) && (failed ? failedReply : aborted ? abortedReply : contents.get(msgType));
  return [
    ...check("header", header, message.header),
    ...check("parent_header", isReply || channel === "stdin" ? repliedHeader : parentHeader, message.parent_header),
    ...check("content", content, message.content),
  ];
}

const ajv = new Ajv({ allErrors: true, allowUnionTypes: true });

const text = { type: "string" };
const word = { type: "string", minLength: 1 };
const count = { type: "integer", minimum: 0 };
const flag = { type: "boolean" };
const anything = { type: "object" };
const texts = { type: "array", items: text };

/** An object with exactly these properties; a name that ends in `?` may be missing. */
function exactly(properties: Readonly<Record<string, object>>): object {
  const names = Object.keys(properties);
  return {
    type: "object",
    properties: Object.fromEntries(names.map((name) => [name.replace(/\?$/, ""), properties[name]])),
    required: names.filter((name) => !name.endsWith("?")),
    additionalProperties: false,
  };
}

const mimeBundle = {
  type: "object",
  propertyNames: { pattern: "^[a-zA-Z0-9!#$&^_.+-]+/[a-zA-Z0-9!#$&^_.+-]+$" },
  // Everything that is not JSON travels as text.
  patternProperties: { "^(?!application/(.*\\+)?json$)": { anyOf: [text, texts] } },
};
const transient = exactly({ "display_id?": text });
const errorFields = { ename: word, evalue: text, traceback: texts };
const display = exactly({ data: mimeBundle, metadata: anything, transient });

const headerFields = {
  msg_id: word,
  msg_type: word,
  session: text,
  username: text,
  date: { type: "string", pattern: "^\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d(\\.\\d+)?Z$" },
  version: { const: "5.5" },
};
// What a client asked of a subshell says so in the answers as well (JEP 91).
const parentSchema = exactly({ ...headerFields, "subshell_id?": { type: ["string", "null"] } });
const header = ajv.compile(exactly(headerFields));
const repliedHeader = ajv.compile(parentSchema);
const parentHeader = ajv.compile({ anyOf: [parentSchema, exactly({})] });

// Requests count from where they fail: an `execute_reply` of status `error` has its count, the others have none.
const failedReply = ajv.compile(exactly({ status: { const: "error" }, ...errorFields, "execution_count?": count }));
const abortedReply = ajv.compile(exactly({ status: { const: "aborted" } }));

const ok = { status: { const: "ok" } };
const languageInfo = exactly({
  name: word,
  version: { type: "string", pattern: "^\\d+\\.\\d+" },
  mimetype: { type: "string", pattern: "^[a-z]+/[a-z.-]+$" },
  file_extension: { type: "string", pattern: "^\\." },
  "pygments_lexer?": word,
  "codemirror_mode?": { type: ["string", "object"] },
  "nbconvert_exporter?": word,
});
const typedMatch = exactly({ text, start: count, end: count, type: text, "signature?": text });
const historyEntry = {
  type: "array",
  items: [{ type: "integer" }, count, { anyOf: [text, { type: "array", minItems: 2, maxItems: 2 }] }],
  minItems: 3,
  additionalItems: false,
};

const percent = { type: "number", minimum: 0 };
const userExpression = {
  oneOf: [
    exactly({ ...ok, data: mimeBundle, metadata: anything }),
    exactly({ status: { const: "error" }, ...errorFields }),
  ],
};

const replies = compile({
  kernel_info_reply: exactly({
    ...ok,
    protocol_version: { const: "5.5" },
    implementation: word,
    implementation_version: word,
    language_info: languageInfo,
    banner: word,
    help_links: { type: "array", items: exactly({ text: word, url: { type: "string", pattern: "^https://" } }) },
    supported_features: texts,
    debugger: flag,
  }),
  execute_reply: exactly({
    ...ok,
    execution_count: count,
    user_expressions: { type: "object", additionalProperties: userExpression },
    payload: { type: "array", items: exactly({ source: { const: "page" }, data: mimeBundle, start: count }) },
  }),
  complete_reply: exactly({
    ...ok,
    matches: texts,
    cursor_start: count,
    cursor_end: count,
    metadata: exactly({ "_jupyter_types_experimental?": { type: "array", items: typedMatch } }),
  }),
  inspect_reply: exactly({ ...ok, found: flag, data: mimeBundle, metadata: anything }),
  is_complete_reply: {
    oneOf: [
      exactly({ status: { enum: ["complete", "invalid", "unknown"] } }),
      exactly({ status: { const: "incomplete" }, indent: text }),
    ],
  },
  history_reply: exactly({ ...ok, history: { type: "array", items: historyEntry } }),
  comm_info_reply: exactly({
    ...ok,
    comms: { type: "object", additionalProperties: exactly({ target_name: text }) },
  }),
  interrupt_reply: exactly(ok),
  shutdown_reply: exactly({ ...ok, restart: flag }),
  // Requests of optional features are refused, and a refusal is a reply of status `error`.
  debug_reply: false,
  future_reply: false,
  usage_reply: exactly({
    ...ok,
    hostname: word,
    pid: count,
    "kernel_cpu?": percent,
    "kernel_memory?": count,
    cpu_count: count,
    "host_cpu_percent?": percent,
    host_virtual_memory: exactly({
      total: count,
      available: count,
      percent,
      used: count,
      "free?": count,
      "active?": count,
      "inactive?": count,
    }),
  }),
  create_subshell_reply: exactly({ ...ok, subshell_id: word }),
  delete_subshell_reply: exactly(ok),
  list_subshell_reply: exactly({ ...ok, subshell_id: texts }),
});

const stdin = compile({ input_request: exactly({ prompt: text, password: flag }) });

const iopub = compile({
  status: exactly({ execution_state: { enum: ["starting", "busy", "idle"] } }),
  execute_input: exactly({ code: text, execution_count: count }),
  stream: exactly({ name: { enum: ["stdout", "stderr"] }, text: word }),
  display_data: display,
  update_display_data: {
    ...display,
    properties: { data: mimeBundle, metadata: anything, transient: exactly({ display_id: text }) },
  },
  execute_result: exactly({ execution_count: count, data: mimeBundle, metadata: anything }),
  error: exactly(errorFields),
  clear_output: exactly({ wait: flag }),
  comm_open: exactly({ comm_id: word, target_name: word, data: anything }),
  comm_msg: exactly({ comm_id: word, data: anything }),
  comm_close: exactly({ comm_id: word, data: anything }),
  shutdown_reply: exactly({ ...ok, restart: flag }),
  iopub_welcome: exactly({ subscription: text }),
});

function compile(schemas: Readonly<Record<string, object | boolean>>): ReadonlyMap<string, ValidateFunction> {
  return new Map(Object.entries(schemas).map(([msgType, schema]) => [msgType, ajv.compile(schema)]));
}
