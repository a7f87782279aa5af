"""The front of production: passes each connection to whatever the socket's path points at when it comes in."""

import asyncio
import sys


async def pump(reader, writer):
    try:
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
        writer.write_eof()
    except OSError:
        writer.close()


async def main(port, path):
    async def serve(reader, writer):
        try:
            slot_reader, slot_writer = await asyncio.open_unix_connection(path)
        except OSError:
            writer.write(b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        else:
            await asyncio.gather(pump(reader, slot_writer), pump(slot_reader, writer))
            slot_writer.close()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", port)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), sys.argv[2]))
