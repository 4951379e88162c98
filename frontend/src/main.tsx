import { render } from 'preact';

render(<main>VX11 Operator</main>, document.body);
