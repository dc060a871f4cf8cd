// Who waits for memory for a page on a node, in order, and what is on its way to the disk.
// AgentMachine+Store decides with it.

package import SwoopModel

/// What memory is wanted for.
package enum RoomUse: Hashable, Sendable {
    /// A page that a run of this worker writes; the token is the worker's.
    case output(WorkerID, token: UInt32)
    /// What a client brings.
    case data(TaskID)
    /// A page that a client on this machine writes itself.
    case lend(TaskID)
    /// A page of another node.
    case copy(TaskID)
}

/// The wishes for memory that nobody has answered yet.
///
/// They are answered in their order: a large page waits for no longer than what came before it.
package struct PageRoom: Sendable {
    /// One wish.
    package struct Wish: Equatable, Sendable {
        package var use: RoomUse
        package var byteCount: Int64
        /// Why it could not be given when it was asked for last; nil: it was not asked for.
        package var reason: String?
    }

    /// Oldest first.
    package private(set) var waiting: [Wish] = []
    /// Whether the first wish was put to the arena, which has not answered.
    package private(set) var isAsking = false
    /// Whether memory was given back since the arena refused the first wish.
    var hasGrown = false
    /// Bytes that were free when the first wish was refused.
    private var freeBytes: Int64 = 0
    /// Pages on their way here that have their memory.
    var copying: Set<TaskID> = []
    /// Pages on their way to the disk, and their bytes.
    var spilling = 0
    var spillingBytes: Int64 = 0
    /// Why the last spill failed, and until when none is tried.
    var trouble: (reason: String, until: Timestamp)?
    /// What people were told of already.
    var remarked: Set<String> = []
    /// Bytes of pages that runs of workers read.
    package var readBytes: Int64 = 0
    /// Bytes that outputs take which are kept in memory since somebody reads them, or a part.
    package var pinnedBytes: Int64 = 0
    /// Pages that were not right when they came back.
    package var damagedCount = 0

    package init() {}

    mutating func add(_ use: RoomUse, _ byteCount: Int64) {
        waiting.append(Wish(use: use, byteCount: max(0, byteCount)))
    }

    /// The first wish, which is now asked for; nil: there is none, or it is useless to ask again.
    mutating func ask() -> Wish? {
        guard !isAsking, let first = waiting.first, first.reason == nil || hasGrown else {
            return nil
        }
        isAsking = true
        hasGrown = false
        return first
    }

    mutating func given(_ use: RoomUse) {
        guard isAsking, waiting.first?.use == use else { return }
        isAsking = false
        waiting.removeFirst()
        if case .copy(let task) = use { copying.insert(task) }
    }

    mutating func missing(_ use: RoomUse, _ freeBytes: Int64, _ reason: String) {
        guard isAsking, waiting.first?.use == use else { return }
        isAsking = false
        self.freeBytes = freeBytes
        waiting[0].reason = reason
    }

    /// Gives up the first wish.
    mutating func refuse() -> Wish? {
        guard !isAsking, !waiting.isEmpty else { return nil }
        return waiting.removeFirst()
    }

    /// Takes the first wish of a run out of the line: the others stay in theirs.
    mutating func takeOutput() -> Wish? {
        let place = waiting.firstIndex { wish in
            if case .output = wish.use { true } else { false }
        }
        guard !isAsking, let place else { return nil }
        return waiting.remove(at: place)
    }

    /// Puts a wish back where it came from: it is older than the others.
    mutating func restore(_ use: RoomUse, _ byteCount: Int64, reason: String) {
        let wish = Wish(use: use, byteCount: byteCount, reason: reason)
        waiting.insert(wish, at: isAsking ? 1 : 0)
    }

    /// What a process wished for that is gone.
    mutating func forget(_ worker: WorkerID) {
        forget { use in
            guard case .output(worker, _) = use else { return false }
            return true
        }
    }

    /// What nobody wishes for any more.
    mutating func forget(where isUnneeded: (RoomUse) -> Bool) {
        let asked = isAsking ? waiting.first : nil
        waiting.removeAll { isUnneeded($0.use) }
        if isAsking, asked != waiting.first { isAsking = false }
    }

    /// Bytes that are wished for, are not free, and that no page on its way to the disk will leave;
    /// at least one when the first wish was refused and none is on its way: what is free is in
    /// pieces.
    var missingBytes: Int64 {
        let least: Int64 = spilling == 0 && waiting.first?.reason != nil ? 1 : 0
        let missing = waiting.reduce(-spillingBytes - freeBytes) { sum, wish in
            let (next, overflow) = sum.addingReportingOverflow(wish.byteCount)
            return overflow ? .max : next
        }
        return max(least, missing)
    }

    /// When a spill is tried again for those who wait.
    var deadline: Timestamp? { waiting.isEmpty ? nil : trouble?.until }
}

extension PageExtent {
    /// Bytes that it takes in memory.
    var takenBytes: Int64 { StoredOutput.takenBytes(ofPage: byteCount) }

    /// Whether both begin at the same place.
    func isSamePlace(as other: PageExtent) -> Bool {
        offset == other.offset && medium == other.medium
    }
}
