// Which messages may pass which on one connection. Signs of life pass everything; what nothing
// depends on in order (pages, values, data) takes turns with the rest.

/// How a message stands to the others of its connection.
package enum LaneOrder: Hashable, Sendable {
    /// Passes all others and waits for nothing: signs of life, and the end.
    case sign
    /// Leaves after those like it that were added before.
    case ordered
    /// Bulk of which only the whole counts: takes turns with everything else.
    case loose
}

extension AgentMessage {
    /// How it stands to the other messages of its agent.
    package var laneOrder: LaneOrder {
        switch self {
        case .sample: .sign
        // Of a run's output: reports of it, and of what came of it, may be there before.
        case .page: .loose
        default: .ordered
        }
    }
}

extension AgentOrder {
    /// How it stands to the other orders for its agent.
    package var laneOrder: LaneOrder {
        switch self {
        case .sign, .shutDown: .sign
        // A lease names data only when its node has said that it is stored. A node that stores what
        // was taken back meanwhile reports it, and is told to drop it.
        case .storePage, .relayed, .programBytes: .loose
        default: .ordered
        }
    }
}

extension ClientMessage {
    /// How it stands to the other messages of its client.
    package var laneOrder: LaneOrder {
        switch self {
        case .goodbye: .sign
        case .data: .loose
        default: .ordered
        }
    }
}

extension ClientReply {
    /// How it stands to the other replies for its client.
    package var laneOrder: LaneOrder {
        switch self {
        case .notices(let notices): notices.isEmpty ? .sign : .ordered
        // Nothing follows it.
        case .refused: .sign
        case .value: .loose
        default: .ordered
        }
    }
}
