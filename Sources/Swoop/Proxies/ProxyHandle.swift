// What stands behind proxies: the tasks of a plan that make the value, held as long as any copy of
// the proxy lives. The last copy's end gives the tasks back: not run if nothing else needs them,
// freed if done.

import SwoopModel

/// Keeps the tasks behind a proxy.
///
/// Copies of a proxy share it.
public final class ProxyHandle: Sendable {
    /// The plan in which the tasks were recorded.
    let recording: PlanRecording
    /// The tasks that make the value, or the pages in order; empty for arithmetic.
    let tasks: [TaskID]
    /// How another task takes the value as an argument.
    let argument: Argument
    /// Handles that the argument is made of.
    private let parts: [ProxyHandle]
    /// Whether the tasks go with this handle; else with its parts.
    private let ownsTasks: Bool
    /// Operations inside one another in the argument.
    let depth: Int
    /// What an estimate may know of the value before it exists; nil: nothing.
    let feature: Double?

    /// A handle of tasks.
    init(_ recording: PlanRecording, tasks: [TaskID]) {
        self.recording = recording
        self.tasks = tasks
        argument = tasks.first.map { .output($0) } ?? .bytes([])
        parts = []
        ownsTasks = true
        depth = 0
        feature = nil
    }

    /// A handle of several others' tasks, which it keeps.
    init(_ recording: PlanRecording, pages: [ProxyHandle]) {
        self.recording = recording
        tasks = pages.flatMap(\.tasks)
        argument = .bytes([])
        parts = pages
        ownsTasks = false
        depth = 0
        feature = nil
    }

    /// A handle of arithmetic over other handles.
    init(_ recording: PlanRecording, argument: Argument, parts: [ProxyHandle], depth: Int) {
        self.recording = recording
        tasks = []
        self.argument = argument
        self.parts = parts
        ownsTasks = false
        self.depth = depth
        feature = nil
    }

    deinit { if ownsTasks { recording.drop(tasks) } }
}
