// Who gets through a carried port. It listens on the host's loopback address, where every user of
// the host can connect: what they may take of the SSH connection and of the coordinator is bounded
// here, before the coordinator's own gate, which sees all of them come from one address.

import SwoopTransport

/// Counts the connections to one carried port that have proved nothing, and says which ones end.
struct ForwardGate {
    /// So many may be there that have proved nothing; an agent has one, or two while it reconnects.
    static let strangersMax = 64
    /// So many a second come in, and so many at once after a quiet time. As at a port of the
    /// coordinator's: an agent that meets a flood of thousands tries again every 20 to 40 ms.
    static let perSecond: Int64 = 100
    static let atOnce: Int64 = 32
    /// So many wait within libssh2 to come in; it refuses the others. Each has a window of 2 MiB.
    static let queueMax: Int32 = 8
    /// Whoever has proved nothing after so many nanoseconds ends. The coordinator's own bound comes
    /// first; this one is for connections that do not even reach it.
    static let ageMax: Int64 = 6_000_000_000
    /// What the handshake of somebody with the server's key takes at most: about 700 bytes.
    private static let handshakeMax: UInt64 = 4_096

    /// What the target answers before that takes no more at a time.
    static let answerMax = 1_024

    private var allowance = RateAllowance(perSecond: perSecond, atOnce: atOnce)
    private var table = StrangerTable(ageMax: .max)

    /// Whether one more may come in now.
    mutating func isOpen(at now: Int64) -> Bool {
        allowance.refill(upTo: Self.atOnce, at: now)
        return allowance.hasOne
    }

    /// When one more may come in; nil: now.
    var opensAt: Int64? { allowance.hasOne ? nil : allowance.nextAt }

    /// Somebody came in.
    ///
    /// - Returns: who has to go for it, by their numbers.
    mutating func accept(
        _ number: Int32, at now: Int64, using generator: inout some RandomNumberGenerator,
        standing: (Int32) -> StrangerStanding?
    ) -> [Int32] {
        allowance.take()
        table.accept(number, cookie: 0, at: now)
        return table.takeExcess(most: Self.strangersMax, at: now, using: &generator) {
            standing($0.descriptor)
        }.map(\.descriptor)
    }

    /// The server took its key.
    mutating func prove(_ number: Int32) {
        if table.prove(number) { allowance.giveBack() }
    }

    /// It is over.
    mutating func end(_ number: Int32) { table.end(number) }

    /// How many bytes somebody may have sent in all who has come so far; nil: any number.
    static func bytesMax(_ standing: StrangerStanding) -> UInt64? {
        switch standing {
        case .proved: nil
        case .knowsServer: handshakeMax
        // A greeting and a HELLO: one byte more makes it excessive.
        case .excessive, .silent, .speaking: StrangerStanding.unansweredMax
        }
    }
}
