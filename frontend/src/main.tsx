import { render } from 'preact';
import { App } from './app/app.js';
import { listen } from './events/connection/feed.js';
import { notice } from './notify/notify.js';
import './ui/styles.css';

listen(notice);
render(<App />, document.body);
