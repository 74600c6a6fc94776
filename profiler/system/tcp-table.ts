/** One end of a connection. */
export interface Endpoint {
  readonly address: string;
  readonly port: number;
}

/** A connection that is established. */
export interface TcpConnection {
  readonly local: Endpoint;
  readonly remote: Endpoint;
  /** Names the socket in `/proc/<pid>/fd`. */
  readonly inode: string;
}

const established = "01";

/** Reads the connections of `/proc/<pid>/net/tcp` and `tcp6` that are established. */
export function parseTcpTable(table: string): readonly TcpConnection[] {
  return table.split("\n").flatMap((line) => {
    const [, localText = "", remoteText = "", state, , , , , , inode] = line.trim().split(/\s+/);
    const [local, remote] = [parseEndpoint(localText), parseEndpoint(remoteText)];
    if (state !== established || local === undefined || remote === undefined || inode === undefined) return [];
    return [{ local, remote, inode }];
  });
}

function parseEndpoint(text: string): Endpoint | undefined {
  const [, hex, port] = /^([0-9A-F]{8}|[0-9A-F]{32}):([0-9A-F]{4})$/.exec(text) ?? [];
  if (hex === undefined || port === undefined) return undefined;
  return { address: formatAddress(hex), port: Number.parseInt(port, 16) };
}

/** The kernel prints addresses as words of the machine's byte order, which is little-endian wherever Node runs but on s390x. */
function formatAddress(hex: string): string {
  const words = hex.match(/.{8}/g) ?? [];
  const bytes = words.flatMap((word) => (word.match(/../g) ?? []).reverse().map((byte) => Number.parseInt(byte, 16)));
  const isMapped = bytes.length === 16 && bytes.slice(0, 10).every((byte) => byte === 0) && bytes[10] === 255;
  if (bytes.length === 4 || isMapped) return bytes.slice(-4).join(".");
  const groups = Array.from({ length: 8 }, (_, index) =>
    (((bytes[2 * index] ?? 0) << 8) | (bytes[2 * index + 1] ?? 0)).toString(16),
  );
  return `[${groups
    .join(":")
    .replace(/\b0(:0)+\b/, ":")
    .replace(/:{3,}/, "::")}]`;
}
