import { LuaScript } from '../../../redis/lua-script.js';

/** Appends events; its KEYS, ARGV and answer are described in the file. */
export const APPEND = LuaScript.load(import.meta.url, 'state.lua', 'append.lua');

/** Reads the state of the log, and may record a loss; see the file. */
export const READ_STATE = LuaScript.load(import.meta.url, 'state.lua', 'read-state.lua');
