// Stories of a worker process that a signal has stopped: people hear of it, and if it does not go
// on its end is charged to what was on its cores.

import SwoopExecution
import SwoopModel
import Testing

@Suite struct StoppedWorkerStories {
    private static let limit = AgentMachine.Configuration().stoppedMax

    /// Run 1 is on a core of a worker that has just been stopped, run 2 is with it.
    private func stopped() -> TestAgent {
        var agent = TestAgent()
        agent.handle(.accepted(NodeID(1)))
        agent.lease(assigned(1), assigned(2))
        agent.handle(.workerReady(agent.worker))
        #expect(agent.dispatched().count == 2)
        agent.report(.started(attempt(1)))
        agent.forget()
        agent.handle(.workerStopped(agent.worker, process: 77, signal: 19))
        return agent
    }

    private func hear(_ agent: inout TestAgent) { agent.handle(.coordinatorHeard) }

    @Test func `whoever stopped it is told how it goes on, and until when`() {
        let agent = stopped()
        guard agent.orders.count == 1, case .remark(let text) = agent.orders[0] else {
            Issue.record("\(agent.orders)")
            return
        }
        #expect(text.contains("worker process 77 was stopped (signal 19, SIGSTOP)"), "\(text)")
        #expect(text.contains("kill -CONT 77") && text.contains("40 s"), "\(text)")
    }

    @Test func `one that stays stopped is killed, and its death says why`() {
        var agent = stopped()
        agent.forget()
        agent.now = Self.limit - 1
        hear(&agent)
        agent.handle(.deadlineReached)
        agent.expectNothingElse()
        #expect(agent.machine.nextDeadline == Timestamp(nanoseconds: Self.limit))
        agent.now = Self.limit
        agent.handle(.deadlineReached)
        agent.expect(.killWorker(agent.worker))
        agent.die(WorkerDeath(signal: 9, status: 0))
        var failures: [TaskFailure] = []
        for case .ended(_, .failed(let failure), _) in agent.reported() { failures.append(failure) }
        #expect(failures.map(\.task) == [task(1)] && failures[0].kind == .died)
        #expect(failures[0].signal == 19)
        #expect(failures[0].message.contains("SIGSTOP had stopped it"), "\(failures)")
    }

    @Test func `one that goes on in time has lost nothing`() {
        var agent = stopped()
        agent.forget()
        agent.handle(.workerContinued(agent.worker))
        agent.now = Self.limit
        hear(&agent)
        agent.handle(.deadlineReached)
        agent.finish(1)
        agent.finish(2)
        #expect(agent.reported().count == 2)
        #expect(!agent.orders.contains(.killWorker(agent.worker)))
    }

    @Test func `while the agent is stopped itself no time passes for its worker`() {
        var agent = stopped()
        agent.forget()
        agent.now = Self.limit + 5
        agent.handle(.paused(Self.limit))
        agent.handle(.deadlineReached)
        #expect(!agent.orders.contains(.killWorker(agent.worker)))
        agent.now = 2 * Self.limit
        hear(&agent)
        agent.handle(.deadlineReached)
        agent.expect(.killWorker(agent.worker))
    }
}
