import { setFlagsFromString } from 'node:v8';

// Imported before everything else, since what has grown stays grown.
//
// Streams pass through in buffers that are needed for an instant. They lie outside of
// V8's heap; with the young generation as large as it grows by itself they pile up until
// V8 collects everything, several times a second. A small one is collected, and they with
// it, before that.
setFlagsFromString('--semi-space-growth-factor=1');
