"""A proxy that passes requests on and keeps the body of every one that was accepted."""

import http.client
import http.server
import threading


class Tee:
    def __init__(self, port):
        self.kept = []  # (path with query, headers, body)
        self.refused = []  # (status, path, answer)
        lock = threading.Lock()
        tee = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                onward = http.client.HTTPConnection("127.0.0.1", port)
                onward.request("POST", self.path, body, dict(self.headers))
                answer = onward.getresponse()
                data = answer.read()
                with lock:
                    if answer.status == 200:
                        tee.kept.append((self.path, dict(self.headers), body))
                    else:
                        tee.refused.append((answer.status, self.path, data))
                self.send_response(answer.status)
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)
                onward.close()

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()


def parts_of(headers, body):
    """{part name: bytes} of a multipart/form-data body."""
    boundary = headers["Content-Type"].split("boundary=")[1].strip('"').encode()
    parts = {}
    for piece in body.split(b"--" + boundary)[1:-1]:
        head, _, data = piece.partition(b"\r\n\r\n")
        name = head.split(b'name="')[1].split(b'"')[0].decode()
        parts[name] = data[:-2]
    return parts
