import { setFlagsFromString } from 'node:v8';

// Imported before everything else, because V8 does not shrink a young generation that has
// grown.
//
// The gateway forwards streams in short-lived buffers outside of V8's heap. If the young
// generation grows freely, these buffers accumulate until V8 runs a full collection,
// several times a second. A small young generation is collected earlier, and frees them.
setFlagsFromString('--semi-space-growth-factor=1');
