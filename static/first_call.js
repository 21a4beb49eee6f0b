import { Call } from "./call.js";
import { inlinedConfig } from "./viewer_config.js";

const config = inlinedConfig();

/** Begun while the page's other modules are still on their way; null where the page came without a configuration. */
export const firstCall = config && new Call(config);
