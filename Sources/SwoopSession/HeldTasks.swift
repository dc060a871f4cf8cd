// The tasks for which a program holds handles, and what became of them.

package import SwoopModel

/// One task for which the program holds a handle.
package struct HeldTask: Sendable {
    /// Where the task is, as the client knows it.
    package enum State: Sendable {
        /// Not ended. Can become: stored, brought, failed.
        case pending
        /// Ended well; the bytes are in the cluster. Can become: brought, failed.
        case stored(byteCount: Int64, elementCount: Int64)
        /// The bytes are here; the count is `unknownCount` if they came before it was told.
        case brought([UInt8], elementCount: Int64)
        /// Ended badly. Final.
        indirect case failed(TaskFailure)
    }

    package static let unknownCount: Int64 = -1

    package var state = State.pending
    /// Whether somebody waits for the bytes.
    package var isWanted = false
    /// Whether somebody waits for the end.
    package var isAwaited = false
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
    package subscript(task: TaskID) -> HeldTask? {
        get { places[task].map { records[Int($0)] } }
        set {
            guard let newValue else { remove(task); return }
            if let place = places[task] {
                records[Int(place)] = newValue
            } else if let place = free.popLast() {
                records[Int(place)] = newValue
                places[task] = place
            } else {
                places[task] = Int32(records.count)
                records.append(newValue)
            }
        }
    }

    /// Removes the task, and answers with what was known of it.
    @discardableResult
    package mutating func remove(_ task: TaskID) -> HeldTask? {
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
