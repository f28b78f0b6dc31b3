"""From results and history to pages: HTML, text, JSON, CSV, with charts as inline SVG. Touches nothing but the text it gives."""
