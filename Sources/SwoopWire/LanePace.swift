// How much of a connection's traffic may be on its way. What is on its way stands before every sign
// of life, so it is kept as small as the link is slow.

/// The window of one direction of one connection: bytes that were sent and not yet taken.
package struct LanePace: Sendable {
    /// Bytes of one piece at most.
    ///
    /// Also what a port takes from a stranger, since libzmq allocates a part before it knows who
    /// sends it.
    package static let pieceBytes = 64 << 10
    /// Bytes of a message that is not cut, and of one piece at least: it goes into the smallest
    /// window beside what the receiver has not yet said to have taken.
    static let pieceMin = windowMin / 2
    /// The receiver says what it took when it is this much.
    static let creditBytes = windowMin / 2
    /// 1.3 s of a link of 0.1 Mbit/s.
    static let windowMin = 16 << 10
    /// Little enough for a slow link, and in a few round trips as much as a fast one carries.
    static let windowFirst = 32 << 10
    /// As much as loopback carries in the time of a few wake-ups.
    static let windowMax = 8 << 20
    /// A window that takes longer than this is halved: signs of life wait for so long.
    static let delayMax: Int64 = 400_000_000
    /// One that takes less is doubled, if it was all in use.
    static let delayMin: Int64 = 100_000_000
    /// Of what a byte takes, as much may be the way itself and not the bytes before it.
    static let latencyMax: Int64 = 600_000_000

    /// Bytes that may be on their way.
    package private(set) var window = windowFirst
    /// What a byte took at least, ever: however far the other side is, a window that is not in the
    /// way of anything grows.
    private var fastest = latencyMax
    /// Bytes that were sent, and that were taken, ever.
    private var sent: UInt64 = 0
    private var taken: UInt64 = 0
    /// A byte whose time is taken: when it left.
    private var probe: (position: UInt64, at: Int64)?
    private var wasFull = false

    /// Nothing is on its way.
    package init() {}

    /// Bytes of the next piece: two of them are on their way at once.
    var piece: Int { min(Self.pieceBytes, max(Self.pieceMin, window / 2)) }

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
        fastest = min(fastest, max(0, now - probe.at))
        let delay = now - probe.at - fastest
        if delay > Self.delayMax {
            window = max(Self.windowMin, window / 2)
        } else if delay < Self.delayMin, wasFull {
            window = min(Self.windowMax, window * 2)
        }
        self.probe = nil
        wasFull = false
    }
}
