// Passes each request to the platform and streams its answer: Node's own server, as it comes.
// Usage: node relay.mjs FILE, which holds "PORT UPSTREAM-PORT".
import { readFileSync } from 'node:fs';
import http from 'node:http';
import { pipeline } from 'node:stream';

const [port, upstream] = readFileSync(process.argv[2], 'utf8').split(' ').map(Number);
const OF_ONE_CONNECTION = new Set(['connection', 'keep-alive', 'transfer-encoding', 'upgrade', 'expect']);

/** Header lines, without those that speak of one connection: [name, value, name, value, …]. */
function passedOn(lines) {
  return lines.filter((_, at) => !OF_ONE_CONNECTION.has(lines[at - (at % 2)].toLowerCase()));
}

function relay(request, response) {
  const headers = passedOn(request.rawHeaders);
  if (request.headers['transfer-encoding'] !== undefined) headers.push('Transfer-Encoding', 'chunked');
  const { method, url: path } = request;
  const onward = http.request({ host: '127.0.0.1', port: upstream, method, path, headers }, (answer) => {
    response.writeHead(answer.statusCode, answer.statusMessage, passedOn(answer.rawHeaders));
    response.flushHeaders(); // a stream may be silent for long
    pipeline(answer, response, () => {}); // an answer that breaks off breaks off here too
  });
  onward.on('error', () => {
    if (response.headersSent) response.destroy();
    else response.writeHead(502).end();
  });
  response.on('close', () => onward.destroy()); // who leaves a stream leaves it there too
  request.pipe(onward);
}

http.createServer(relay).listen(port, '127.0.0.1');
