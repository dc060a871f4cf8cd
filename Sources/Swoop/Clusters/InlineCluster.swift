// A cluster inside of this process: the coordinator of SwoopCoordinator and the runs of SwoopWorker
// on one thread, with nothing between them. The roles, which know the worker, make the runs.

import CSwoopSystem
import SwoopCoordinator
import SwoopElements
import SwoopLaunching
package import SwoopModel
import SwoopStorage
import SwoopWire

/// Runs of tasks in this process; made by the roles.
package final class InlineRuns: Sendable {
    let declare: @Sendable (_ first: UInt32, [FunctionSpec]) -> Void
    let run: @Sendable (RunOrder) -> (RunOutcome, RunRecord, page: [UInt8])
    let cancel: @Sendable (TaskID) -> Void

    /// - Parameters:
    ///   - declare: takes functions, the first of which has this index.
    ///   - run: runs a task to its end; the bytes are those of an outcome that is a page.
    ///   - cancel: stops the run of a task, if it is the one that is going on; on any thread.
    package init(
        declare: @escaping @Sendable (_ first: UInt32, [FunctionSpec]) -> Void,
        run: @escaping @Sendable (RunOrder) -> (RunOutcome, RunRecord, page: [UInt8]),
        cancel: @escaping @Sendable (TaskID) -> Void
    ) {
        (self.declare, self.run, self.cancel) = (declare, run, cancel)
    }
}

/// One thread that is a cluster, and the link to it.
final class InlineCluster: StartedCluster, CoordinatorLink {
    private let coordinator: InlineCoordinator

    init(client: ClientID, receive: @escaping @Sendable (ClientReply) -> Void) throws {
        guard let made = unsafe swoop_inline_runs() else {
            throw SwoopError(
                .unreachable, "this program was linked without the roles of a cluster",
                advice: "Depend on the product Swoop of the package, not on its target alone.")
        }
        let runs = unsafe Unmanaged<InlineRuns>.fromOpaque(made).takeRetainedValue()
        coordinator = try InlineCoordinator(
            client: client, program: ProgramID(ProgramIdentity.current()),
            pageBudget: Int64(MachineMemory.pageBudget()),
            execution: InlineExecution(
                declare: runs.declare, run: runs.run,
                elementCount: { page in
                    unsafe page.withUnsafeBytes { bytes in
                        unsafe (try? _PageHeader(reading: bytes))?.count ?? 0
                    }
                },
                cancel: runs.cancel),
            receive: receive)
    }

    func send(_ message: ClientMessage) { coordinator.send(message) }

    func close() {}

    func stop() {
        coordinator.stop()
        LeftOutRemarks.show(by: nil)
    }
}
