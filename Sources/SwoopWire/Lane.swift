// A connection between two processes, at one of its ends: what leaves, what comes, and how much of
// it is on its way.

/// Both directions of a connection.
///
/// Bulk never stands before a sign of life by more than the window of `LanePace`: the longest wait
/// is what the link needs for that.
package struct Lane<Place: Sendable>: Sendable {
    private var sending = SendingLane<Place>()
    private var receiving = ReceivingLane()

    /// Nothing was said.
    package init() {}

    /// Messages that have not left as a whole.
    package var waitingCount: Int { sending.waitingCount }
    /// Bytes that the other side has not said to have taken.
    package var onTheWay: Int { sending.pace.onTheWay }
    /// Bytes that came of messages which are not complete.
    package var arrivedBytes: Int { receiving.arrivedBytes }
    /// The socket did not take what was due; it is to be tried again.
    package var isHeldUp: Bool { sending.isHeldUp }

    /// Adds a message to those that are to leave.
    package mutating func add(_ frames: [[UInt8]], _ order: LaneOrder) {
        sending.add(frames.map { .here($0) }, order)
    }

    /// Adds a message of which parts are read as they leave.
    package mutating func add(_ frames: [LaneFrame<Place>], _ order: LaneOrder) {
        sending.add(frames, order)
    }

    /// Gives away what may leave now, as far as it is taken; `SendingLane.send` says how.
    package mutating func send(
        at now: Int64, read: (Place, Range<Int>) -> [UInt8], give: ([[UInt8]]) -> Bool
    ) -> [Place] {
        receiving.giveCredit(give)
        return sending.send(at: now, read: read, give: give)
    }

    /// Takes what came: a message that is complete by it, or else what became of it.
    package mutating func take(
        _ frames: [[UInt8]], at now: Int64, hasRoom: (Int) -> Bool
    ) throws(WireError) -> ReceivingLane.Taken {
        let taken = try receiving.take(frames, hasRoom: hasRoom)
        if case .credit(let byteCount) = taken { sending.took(byteCount, at: now) }
        return taken
    }
}

/// The place of lanes whose messages are here when they are added: there is none.
package struct Nowhere: Sendable {
    private init() {}
}

extension Lane where Place == Nowhere {
    /// Gives away what may leave now, as far as it is taken.
    package mutating func send(at now: Int64, give: ([[UInt8]]) -> Bool) {
        _ = send(at: now, read: { _, _ in [] }, give: give)
    }
}
