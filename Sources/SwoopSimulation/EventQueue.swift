// What is still to happen in virtual time, the earliest first; at the same time in the order of
// planning.

private import HeapModule

/// Happenings by time.
struct EventQueue<Happening> {
    private struct Entry: Comparable {
        let time: Int64
        let sequence: UInt64
        let happening: Happening

        static func < (left: Entry, right: Entry) -> Bool {
            left.time == right.time ? left.sequence < right.sequence : left.time < right.time
        }

        static func == (left: Entry, right: Entry) -> Bool { left.sequence == right.sequence }
    }

    private var heap = Heap<Entry>()
    private var sequence: UInt64 = 0

    /// Plans `happening` for `time`.
    mutating func add(_ happening: Happening, at time: Int64) {
        sequence += 1
        heap.insert(Entry(time: time, sequence: sequence, happening: happening))
    }

    mutating func next() -> (time: Int64, happening: Happening)? {
        heap.popMin().map { ($0.time, $0.happening) }
    }
}
