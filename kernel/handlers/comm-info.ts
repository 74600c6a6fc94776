import type { Handler } from "./handler.js";

/** Answers `comm_info_request`: every comm that a front end opens is closed at once, so there are none. */
export const handleCommInfo: Handler = async () => ({ status: "ok", comms: {} });
