// How long a plan's block took, and what there is to say of it: a call with constants is a plain
// call, which computes at once, here, on one core, and leaves no task. Nothing else tells.

import SwoopTransport
import Synchronization

/// Where a plan's block stands.
struct PlanPlace: CustomStringConvertible {
    let file: StaticString
    let line: UInt

    var description: String { "\(file):\(line)" }
}

/// Measures a block that records a plan.
struct RecordingWatch {
    private let place: PlanPlace
    private let began = MonotonicClock.nanoseconds()
    private let cpuBegan = MonotonicClock.threadCPUNanoseconds()

    /// A block that takes less is not spoken of: 0.3 s.
    private static let patience: Int64 = 300_000_000
    /// What recording a task may take, in a debug build on a busy machine: 0.1 ms.
    private static let taskMax: Int64 = 100_000

    init(at place: PlanPlace) { self.place = place }

    /// What is to be said of the block, which has just ended; nil: nothing.
    ///
    /// - Parameters:
    ///   - tasks: those that it recorded.
    ///   - encoding: nanoseconds in which constants were encoded, which is no work of the block's.
    func remark(tasks: Int, encoding: Int64) -> String? {
        Self.remark(
            wall: MonotonicClock.nanoseconds() - began - encoding,
            cpu: MonotonicClock.threadCPUNanoseconds() - cpuBegan - encoding, tasks: tasks,
            place: place)
    }

    static func remark(wall: Int64, cpu: Int64, tasks: Int, place: PlanPlace) -> String? {
        let own = wall - Int64(tasks) * taskMax
        guard own > patience else { return nil }
        // A block that waited may have read a pipe: that is no computation.
        let isComputing = cpu > own / 4
        let did =
            isComputing
            ? "computed for \(ProgressLine.time(min(own, cpu)))" : "took \(ProgressLine.time(own))"
        return
            "the block at \(place) \(did) here, on one core: a call with constants runs at once. "
            + "Write remote.call(f, x) for a task, or remote.map(inputs, f) for many"
    }
}

extension PlanRecording {
    /// Encodes what a program passes, and takes note of the time: a debug build takes long over a
    /// large constant, and that is not the program's own work.
    func encoding<Answer, Failure: Error>(
        _ body: () throws(Failure) -> Answer
    ) throws(Failure) -> Answer {
        let began = _encodingBegan()
        defer { encodingEnded(since: began) }
        return try body()
    }

    fileprivate func encodingEnded(since began: Int64) {
        let elapsed = MonotonicClock.nanoseconds() - began
        // What takes less is part of what recording a task may take.
        if elapsed > 10_000 { state.withLock { $0.encodingTime += elapsed } }
    }

    /// Nanoseconds in which constants were encoded.
    var encodingTime: Int64 { state.withLock { $0.encodingTime } }
}

/// When the encoding of a captured value began.
@usableFromInline func _encodingBegan() -> Int64 { MonotonicClock.nanoseconds() }

/// Takes note of the time that a captured value took.
@usableFromInline func _encodingEnded(since began: Int64) {
    currentRecording().encodingEnded(since: began)
}
