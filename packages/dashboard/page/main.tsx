import { render } from 'preact';
import '@picocss/pico/css/pico.min.css';
import { App } from './app.js';
import './styles.css';

const place = document.getElementById('app');
if (place) {
  place.textContent = '';
  render(<App />, place);
}
