import { LuaScript } from '../../../redis/lua-script.js';

/*
 * The KEYS, the ARGV and the answer of each script are described at the top of its file;
 * state.lua describes the keys of the log.
 */
export const APPEND = LuaScript.load(import.meta.url, 'state.lua', 'append.lua');
export const READ_STATE = LuaScript.load(import.meta.url, 'state.lua', 'read-state.lua');
export const READ_ROWS = LuaScript.load(import.meta.url, 'read-rows.lua');
export const READ_RUNS = LuaScript.load(import.meta.url, 'read-runs.lua');
export const READ_EVENTS = LuaScript.load(import.meta.url, 'read-events.lua');
