import { render } from 'preact';
import { App } from './app';
import './styles/base.css';
import './styles/panels.css';
import './styles/reading.css';
import './styles/boundary.css';
import './styles/editing.css';
import './styles/share.css';
import './styles/map.css';

const root = document.getElementById('app');
if (root) render(<App />, root);
