import { protocolVersion } from "../protocol/messages.js";
import type { Handler } from "./handler.js";

/** Answers `kernel_info_request`. Waits for nothing: it is what a front end asks first. */
export const handleKernelInfo: Handler = async ({ kernel: { language, version } }) => ({
  status: "ok",
  protocol_version: protocolVersion,
  implementation: "cellscope",
  implementation_version: version,
  language_info: {
    name: language.name,
    version: language.version,
    mimetype: language.mimetype,
    file_extension: language.fileExtension,
    pygments_lexer: language.pygmentsLexer,
    codemirror_mode: language.codemirrorMode,
    nbconvert_exporter: language.nbconvertExporter,
  },
  banner: `Cellscope ${version}: ${language.displayName} ${language.version} on Node.js ${process.versions.node}`,
  help_links: language.helpLinks,
  supported_features: ["kernel subshells"],
  debugger: false,
});
