// What stands behind proxies: the tasks of a plan that make the value, held as long as any copy of
// the proxy lives. The last copy's end gives the tasks back: not run if nothing else needs them,
// freed if done.

import SwoopModel

/// Keeps the tasks behind a proxy.
///
/// Copies of a proxy share it. There may be millions: one that has one task takes nothing else.
public final class _ProxyHandle: Sendable {
    /// The plan in which the tasks were recorded.
    let recording: PlanRecording
    /// The number of its only task, which goes with it.
    private let number: UInt64
    /// What it is where it is not one task.
    private let more: More?

    /// A handle of pages, or of arithmetic.
    private final class More: Sendable {
        let tasks: [TaskID]
        let argument: Argument
        /// Handles that keep the tasks; none: they go with this handle.
        let parts: [_ProxyHandle]
        let ownsTasks: Bool
        /// Operations inside one another in the argument.
        let depth: Int

        init(
            tasks: [TaskID] = [], argument: Argument, parts: [_ProxyHandle] = [],
            ownsTasks: Bool = false, depth: Int = 0
        ) {
            self.tasks = tasks
            self.argument = argument
            self.parts = parts
            self.ownsTasks = ownsTasks
            self.depth = depth
        }
    }

    /// A handle of a task of the plan's client, which it named by `newTask`.
    init(_ recording: PlanRecording, task: TaskID) {
        self.recording = recording
        number = task.low
        more = nil
    }

    /// A handle of tasks of the plan's client.
    init(_ recording: PlanRecording, tasks: [TaskID]) {
        self.recording = recording
        if tasks.count == 1, tasks[0].high == recording.session.client.rawValue {
            number = tasks[0].low
            more = nil
        } else {
            number = 0
            more = More(
                tasks: tasks, argument: tasks.first.map { .output($0) } ?? .bytes([]),
                ownsTasks: true)
        }
    }

    /// A handle of several others' tasks, which it keeps.
    init(_ recording: PlanRecording, pages: [_ProxyHandle]) {
        self.recording = recording
        number = 0
        more = More(tasks: pages.flatMap(\.tasks), argument: .bytes([]), parts: pages)
    }

    /// A handle of the first pages of another one, which it keeps.
    init(_ recording: PlanRecording, first count: Int, pagesOf whole: _ProxyHandle) {
        self.recording = recording
        number = 0
        more = More(
            tasks: Array(whole.tasks.prefix(count)), argument: .bytes([]), parts: [whole])
    }

    /// A handle of arithmetic over other handles.
    init(_ recording: PlanRecording, argument: Argument, parts: [_ProxyHandle], depth: Int) {
        self.recording = recording
        number = 0
        more = More(argument: argument, parts: parts, depth: depth)
    }

    deinit {
        if let more {
            if more.ownsTasks { recording.drop(more.tasks) }
        } else {
            recording.drop(CollectionOfOne(own))
        }
    }

    private var own: TaskID { TaskID(high: recording.session.client.rawValue, low: number) }

    /// The only task that makes the value; nil: there are several, or it is arithmetic.
    var task: TaskID? {
        guard let more else { return own }
        return more.tasks.count == 1 ? more.tasks[0] : nil
    }

    /// The tasks that make the value, or the pages in order; empty for arithmetic.
    var tasks: [TaskID] { more?.tasks ?? [own] }

    /// How another task takes the value as an argument.
    var argument: Argument { more?.argument ?? .output(own) }

    /// Operations inside one another in the argument.
    var depth: Int { more?.depth ?? 0 }

    /// Every task that the value needs: those of arithmetic with repeats.
    var everyTask: [TaskID] {
        var all: [TaskID] = []
        forEachTask { all.append($0) }
        return all
    }

    /// Calls `body` with every task that the value needs: those of arithmetic with repeats.
    func forEachTask(_ body: (TaskID) -> Void) {
        guard let more else { return body(own) }
        if more.tasks.isEmpty { more.argument.forEachTask(body) } else { more.tasks.forEach(body) }
    }
}
