// How much of a connection's traffic may be on its way. What is on its way stands before every sign
// of life, so it is kept as small as the link is slow.

/// The window of one direction of one connection: bytes that were sent and not yet taken.
package struct LanePace: Sendable {
    /// Bytes of one piece, and of a message that is not cut.
    ///
    /// Also what a port takes from a stranger, since libzmq allocates a part before it knows who
    /// sends it.
    package static let pieceBytes = 64 << 10
    /// The receiver says what it took when it is this much.
    static let creditBytes = 32 << 10
    /// 1 s of a link of 1 Mbit/s.
    static let windowMin = 128 << 10
    /// As much as loopback carries in the time of a few wake-ups.
    static let windowMax = 8 << 20
    /// A window that takes longer than this is halved: signs of life wait for so long.
    static let delayMax: Int64 = 400_000_000
    /// One that takes less is doubled, if it was all in use.
    static let delayMin: Int64 = 100_000_000

    /// Bytes that may be on their way.
    package private(set) var window = windowMin
    /// Bytes that were sent, and that were taken, ever.
    private var sent: UInt64 = 0
    private var taken: UInt64 = 0
    /// A byte whose time is taken: when it left.
    private var probe: (position: UInt64, at: Int64)?
    private var wasFull = false

    /// Nothing is on its way.
    package init() {}

    /// Bytes on their way.
    package var onTheWay: Int { Int(sent - taken) }

    /// Whether so many bytes more may leave. One message may, however large it is.
    mutating func hasRoom(for byteCount: Int) -> Bool {
        let hasRoom = onTheWay == 0 || onTheWay + byteCount <= window
        if !hasRoom { wasFull = true }
        return hasRoom
    }

    mutating func left(_ byteCount: Int, at now: Int64) {
        sent += UInt64(byteCount)
        if probe == nil { probe = (sent, now) }
    }

    /// The other side took so many bytes more. It may count what was sent before this began: no
    /// more is taken than was sent.
    mutating func took(_ byteCount: Int, at now: Int64) {
        taken = min(sent, taken &+ UInt64(max(0, byteCount)))
        guard let probe, taken >= probe.position else { return }
        let delay = now - probe.at
        if delay > Self.delayMax {
            window = max(Self.windowMin, window / 2)
        } else if delay < Self.delayMin, wasFull {
            window = min(Self.windowMax, window * 2)
        }
        self.probe = nil
        wasFull = false
    }
}
