"""The one web page: server-made HTML, a little JavaScript, nothing from elsewhere."""
