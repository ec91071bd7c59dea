// A receiver on Node's own http: prints its port, then a line of JSON for what it parsed of each
// callback. Its limits are Node's own: 16 KB for request line and headers.
"use strict";
const http = require("node:http");

const server = http.createServer((request, response) => {
  const chunks = [];
  request.on("data", (chunk) => chunks.push(chunk));
  request.on("end", () => {
    const body = Buffer.concat(chunks).toString("utf8");
    const parsed = {
      method: request.method,
      query: [...new URL(request.url, "http://receiver.example").searchParams],
      json: body === "" ? null : JSON.parse(body),
    };
    process.stdout.write(JSON.stringify(parsed) + "\n");
    response.end("received");
  });
});
server.listen(0, "127.0.0.1", () => process.stdout.write(server.address().port + "\n"));
