import { render } from 'preact';
import { App } from './app/app.js';
import { listen } from './events/connection/feed.js';
import { notice } from './notify/notify.js';
import { enter } from './session/entry.js';
import './ui/styles.css';

listen(notice);
void enter();
render(<App />, document.body);
