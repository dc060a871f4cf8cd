// What a socket is told before it binds or connects. Every queue has a bound and no call blocks.

/// The patterns of ZeroMQ that Swoop uses.
package enum SocketKind: Sendable {
    /// Talks to many; each message names its peer.
    case router
    /// Talks to one.
    case dealer
    /// Two threads of one process.
    case pair
    /// Talks to everybody who listens; a send that one of them has no room for is refused.
    case publisher
}

/// Who a socket proves to be, and whom it takes.
package enum SocketSecurity: Sendable {
    /// In-process endpoints only; binding or connecting TCP with it is refused.
    case inProcess
    /// Takes the clients that the authenticator's list permits. It belongs to the socket's context:
    /// without one libzmq would let everyone in.
    case server(CurveKeys, Authenticator)
    /// Takes everybody: each message carries a signature, and whoever reads it compares that.
    case signedMessages
    /// Proves `keys`, and takes no server but the one with that public key.
    case client(CurveKeys, serverKey: String)
}

/// Limits and rhythms of a socket; the defaults are for control messages on one machine.
package struct SocketOptions: Sendable {
    /// Messages kept for one peer each way; beyond, sends answer `.wouldBlock`.
    ///
    /// Counted in messages, so keep it small on sockets that carry pages.
    package var highWaterMark: Int32 = 4_096
    /// Milliseconds that a closed socket goes on sending what it has; 0 drops it.
    package var lingerMilliseconds: Int32 = 0
    /// Milliseconds between signs of life of the connection itself, between machines.
    ///
    /// Not the agents' heartbeat, which is a message. On loopback there are none: the kernel ends a
    /// connection with its process, and a process that is only stopped keeps it.
    package var heartbeatMilliseconds: Int32 = 2_000
    /// A peer whose process answers none of them for so long is cut off: longer than a process is
    /// stopped that goes on afterwards.
    package var answerMilliseconds: Int32 = 40_000
    /// A peer whose machine acknowledges nothing for so long is cut off: the link is down, and a
    /// new connection is there sooner than the old one tries again.
    package var acknowledgeMilliseconds: Int32 = 8_000
    /// The largest part that is taken; a peer that sends more is cut off.
    ///
    /// libzmq keeps to it before it knows who sends, and makes room for a part when its length has
    /// come: each stranger has so much. Bulk goes in pieces of 64 KiB (`LanePace`), and what CURVE
    /// adds.
    package var partBytesMax: Int64 = 66 << 10
    /// Milliseconds a peer has for its handshake.
    package var handshakeMilliseconds: Int32 = 5_000
    /// Connections that the system keeps until they are accepted: beyond, an attempt to connect
    /// comes again after a second.
    package var acceptQueue: Int32 = 1_024
    /// Milliseconds that one attempt to connect may take; then it is begun anew.
    ///
    /// The system's own repetitions pause twice as long each time: a link that is back after half a
    /// minute would not be tried for another half.
    package var connectMilliseconds: Int32 = 3_000
    /// First and largest pause before a lost connection is tried again.
    package var reconnectMilliseconds: ClosedRange<Int32> = 20...1_000
    /// True: queue only for connections that are up, so that a send before that is `.wouldBlock`.
    package var onlyConnected = false

    /// True: the socket connects, and is asked whether it has reached anybody (`hasReached`).
    package var watchesReach = false

    /// The defaults.
    package init() {}
}

/// What became of a message that was given to a socket.
package enum SendOutcome: Sendable, Equatable {
    /// The socket has it.
    case sent
    /// The peer's queue is full (or nobody is connected); nothing was kept, try when writable.
    case wouldBlock
    /// A router that knows no such peer, or no more.
    case unreachable
}
