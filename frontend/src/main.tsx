import { render } from 'preact';
import { App } from './app/app.js';
import './ui/styles.css';

render(<App />, document.body);
