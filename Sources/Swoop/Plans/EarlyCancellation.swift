// Tasks that are cancelled before their plan is run: they are not sent, and neither is what needs
// them. A cancellation that follows the plan could come when they have ended.

import SwoopModel
import SwoopSession
import Synchronization

extension GraphPart {
    /// Leaves out tasks that were cancelled, and what needs them; gives what it left out.
    mutating func leaveOut(_ cancelled: [TaskID]) -> Set<TaskID> {
        guard !cancelled.isEmpty else { return [] }
        var gone = Set(cancelled)
        var before = 0
        // Tasks stand behind what they need, loops by themselves.
        while before != gone.count {
            before = gone.count
            for task in tasks where task.inputs.contains(where: gone.contains) {
                gone.insert(task.id)
            }
            for loop in iterations where loop.needsOne(of: gone) { gone.insert(loop.id) }
        }
        tasks = TaskColumns(tasks.filter { !gone.contains($0.id) })
        iterations.removeAll { gone.contains($0.id) }
        return gone
    }
}

extension IterationSpec {
    fileprivate func needsOne(of tasks: Set<TaskID>) -> Bool {
        var needs = template.contains { $0.inputs.contains(where: tasks.contains) }
        initial.forEachTask { needs = needs || tasks.contains($0) }
        return needs
    }
}

extension PlanRecording {
    /// Tasks that were cancelled so far, while the plan was not sent.
    var cancelledEarly: [TaskID] { state.withLock { $0.cancelledEarly ?? [] } }
}

extension ClusterSession {
    /// Those who wait for these tasks, which were never sent, are told.
    func tellCancelled(_ tasks: some Sequence<TaskID>) {
        handle(
            .noticed(
                tasks.map { task in
                    .failed(
                        task,
                        TaskFailure(
                            kind: .cancelled, message: "it was cancelled before its plan was run",
                            task: task))
                }))
    }
}
