// The tasks for which a program holds handles, and what became of them.

package import SwoopModel

/// Up to 16 bytes, without an array.
package struct FewBytes: Equatable, Sendable {
    private var first: UInt64 = 0
    private var second: UInt64 = 0
    private let count: UInt8

    /// The most that fit.
    package static let countMax = 16

    /// Nil: they are more than fit.
    package init?(_ bytes: [UInt8]) {
        guard bytes.count <= Self.countMax else { return nil }
        count = UInt8(bytes.count)
        for (place, byte) in bytes.enumerated() {
            let shift = UInt64(8 * (place & 7))
            if place < 8 { first |= UInt64(byte) << shift } else { second |= UInt64(byte) << shift }
        }
    }

    /// How many they are.
    package var byteCount: Int { Int(count) }

    /// The bytes in an array of their own.
    package var bytes: [UInt8] {
        var bytes = [UInt8](repeating: 0, count: byteCount)
        for place in bytes.indices {
            let word = place < 8 ? first : second
            bytes[place] = UInt8(truncatingIfNeeded: word &>> UInt64(8 * (place & 7)))
        }
        return bytes
    }
}

/// One task for which the program holds a handle.
package struct HeldTask: Sendable {
    /// Where the task is, as the client knows it.
    package enum State: Sendable {
        /// Not ended. Can become: stored, small, brought, failed.
        case pending
        /// Ended well; the bytes are in the cluster. Can become: small, brought, failed.
        case stored(byteCount: Int64, elementCount: Int64)
        /// The few bytes of one value are here. Final.
        case small(FewBytes)
        /// The bytes are here; the count is `unknownCount` if they came before it was told. Can
        /// become: stored, when those who asked for them have them and nobody wants them kept.
        case brought([UInt8], elementCount: Int64)
        /// Ended badly. Final.
        indirect case failed(TaskFailure)

        /// The state of an output whose bytes are here.
        package init(bytes: [UInt8], elementCount: Int64) {
            if elementCount == 1, let few = FewBytes(bytes) {
                self = .small(few)
            } else {
                self = .brought(bytes, elementCount: elementCount)
            }
        }

        /// The bytes, if they are here.
        package var bytes: [UInt8]? {
            switch self {
            case .small(let few): few.bytes
            case .brought(let bytes, _): bytes
            case .pending, .stored, .failed: nil
            }
        }

        /// Bytes of what is stored or here, else 0.
        package var byteCount: Int64 {
            switch self {
            case .stored(let byteCount, _): byteCount
            case .small(let few): Int64(few.byteCount)
            case .brought(let bytes, _): Int64(bytes.count)
            case .pending, .failed: 0
            }
        }

        /// Bytes and elements of what is stored or here; nil: neither, or the elements are unknown.
        package var size: (byteCount: Int64, elementCount: Int64)? {
            switch self {
            case .stored(let byteCount, let elementCount): (byteCount, elementCount)
            case .small(let few): (Int64(few.byteCount), 1)
            case .brought(let bytes, let elementCount):
                elementCount == HeldTask.unknownCount ? nil : (Int64(bytes.count), elementCount)
            case .pending, .failed: nil
            }
        }
    }

    /// The count of elements that was not told.
    package static let unknownCount: Int64 = -1

    package var state = State.pending
    /// Whether somebody waits for the bytes.
    package var isWanted = false
    /// Whether somebody waits for the end.
    package var isAwaited = false
    /// Whether the coordinator was asked for the bytes and has not answered.
    package var isAsked = false
    /// Whether the bytes stay here once they are: somebody asked for them by the handle itself.
    package var isKept = false
    /// Whether a gathering may want to hear of it.
    package var isGathered = false
    /// Whether the output is a page: its bytes never come with the news of the end.
    package let isPage: Bool
}

/// Tasks with handles: dense records, found by id.
package struct HeldTasks: Sendable {
    private var places = TaskPlaces()
    private var records: [HeldTask] = []
    private var free: [Int32] = []

    package init() {}

    /// What is known of the task; nil: no handle is held for it.
    package subscript(task: TaskID) -> HeldTask? { places[task].map { records[Int($0)] } }

    /// Adds tasks, of which nothing is known yet; `isPage` says whether the output is a page.
    mutating func insert(_ tasks: TaskIDs, isPage: (TaskID) -> Bool) {
        // Many at once take what they need; few at a time as arrays grow.
        if tasks.count > records.count { records.reserveCapacity(records.count + tasks.count) }
        for task in tasks {
            let record = HeldTask(isPage: isPage(task))
            if let place = places[task] {
                records[Int(place)] = record
            } else if let place = free.popLast() {
                records[Int(place)] = record
                places[task] = place
            } else {
                places[task] = Int32(records.count)
                records.append(record)
            }
        }
    }

    /// Changes what is known of a task, in its place; nil: no handle is held for it.
    mutating func change<Result>(
        _ task: TaskID, _ body: (inout HeldTask) -> Result
    ) -> Result? {
        guard let place = places[task] else { return nil }
        return body(&records[Int(place)])
    }

    /// Removes the task, and answers with what was known of it.
    @discardableResult
    mutating func remove(_ task: TaskID) -> HeldTask? {
        guard let place = places.remove(task) else { return nil }
        let record = records[Int(place)]
        if places.isEmpty {
            // All room goes back: programs that had a million handles may have none for long.
            self = HeldTasks()
        } else {
            records[Int(place)] = HeldTask(isPage: false)
            free.append(place)
        }
        return record
    }

    /// Tasks with a handle, ascending.
    package var tasks: [TaskID] { places.tasks }
}
