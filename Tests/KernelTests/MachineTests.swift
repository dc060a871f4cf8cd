// The kernel's machine, as stories of a client and its cells.

import SwoopKernel
import SwoopModel
import Testing

@Suite struct MachineTests {
    /// A kernel whose compiler and evaluator are this test.
    private struct World {
        var machine = KernelMachine(version: "1")
        var effects: [KernelEffect] = []
        var now = Timestamp(nanoseconds: 0)
        var asked = 0

        mutating func tell(_ event: KernelEvent) {
            effects = []
            machine.handle(event, at: now, into: &effects)
        }

        mutating func ask(
            _ type: String, _ content: JSONValue = [:], on channel: KernelChannel = .shell
        ) {
            asked += 1
            let message = JupyterMessage(
                identities: [[1]],
                header: ["msg_type": .text(type), "msg_id": .text("\(type)-\(asked)")],
                content: content)
            tell(.received(channel, message))
        }

        mutating func execute(_ code: String) { ask("execute_request", ["code": .text(code)]) }

        /// Messages in their order: type and what matters of it.
        var said: [String] {
            effects.compactMap { effect in
                guard case .send(_, let reply) = effect else { return nil }
                let state = reply.content["execution_state"].string
                let word = state ?? reply.content["status"].string ?? reply.content["ename"].string
                return word.map { "\(reply.type) \($0)" } ?? reply.type
            }
        }

        var orders: [KernelEffect] {
            effects.filter { if case .send = $0 { false } else { true } }
        }
    }

    private let tree: JSONValue = ["items": []]

    @Test func aCellGoesThroughCompilerAndEvaluatorAndIsAnsweredBeforeItIsIdle() {
        var world = World()
        world.tell(.told(.ready))
        world.execute("1")
        #expect(world.said == ["status busy", "execute_input"])
        #expect(world.orders == [.parse(cell: 1, text: "1", file: "In[1]")])
        world.tell(.parsed(cell: 1, tree: tree, messages: ""))
        #expect(world.orders.count == 1)
        world.tell(.compiled(cell: 1, library: "/l", messages: ""))
        #expect(world.orders == [.order(.run(cell: 1, library: "/l"))])
        world.tell(.told(.result(cell: 1, ["text/plain": "1"])))
        #expect(world.said == ["execute_result"])
        world.tell(.told(.finished(cell: 1)))
        #expect(world.said == ["execute_reply ok", "status idle"])
        #expect(!world.machine.isBusy)
    }

    @Test func aCellWaitsForTheEvaluator() {
        var world = World()
        world.execute("1")
        world.tell(.parsed(cell: 1, tree: tree, messages: ""))
        world.tell(.compiled(cell: 1, library: "/l", messages: ""))
        #expect(world.orders.isEmpty)
        world.tell(.told(.ready))
        #expect(world.orders == [.order(.run(cell: 1, library: "/l"))])
    }

    @Test func afterAnErrorWhatWaitsIsAborted() {
        var world = World()
        world.execute("1")
        world.execute("2")
        #expect(world.effects.isEmpty)
        world.tell(
            .parsed(cell: 1, tree: nil, messages: "In[1]:1:1: error: wrong\n1\n^\n"))
        #expect(
            world.said == [
                "error CompilerError", "execute_reply error", "status idle", "status busy",
                "execute_reply aborted", "status idle",
            ])
    }

    @Test func anInterruptedCellThatDoesNotStopLosesItsProcess() {
        var world = World()
        world.tell(.told(.ready))
        world.execute("1")
        world.tell(.parsed(cell: 1, tree: tree, messages: ""))
        world.tell(.compiled(cell: 1, library: "/l", messages: ""))
        world.ask("interrupt_request", on: .control)
        #expect(world.orders == [.interruptEvaluator])
        #expect(world.said == ["status busy", "interrupt_reply ok", "status idle"])
        #expect(world.machine.nextDeadline == Timestamp(nanoseconds: 800_000_000))
        world.now = Timestamp(nanoseconds: 800_000_000)
        world.tell(.timePassed)
        #expect(world.orders == [.killEvaluator])
        world.tell(.evaluatorEnded(reason: "was killed"))
        #expect(world.orders == [.startEvaluator])
        #expect(world.said == ["error Interrupted", "execute_reply error", "status idle"])
        #expect(world.machine.nextDeadline == nil)
    }

    @Test func anInterruptWhileTheCompilerWorksEndsTheCell() {
        var world = World()
        world.execute("1")
        world.ask("interrupt_request", on: .control)
        #expect(world.orders == [.stopCompiler])
        #expect(world.said.contains("execute_reply error"))
        world.tell(.parsed(cell: 1, tree: tree, messages: ""))
        #expect(world.effects.isEmpty)
    }

    @Test func anInterruptOfNothingIsAnswered() {
        var world = World()
        world.ask("interrupt_request", on: .control)
        #expect(world.said == ["status busy", "interrupt_reply ok", "status idle"])
        #expect(world.orders.isEmpty)
    }

    @Test func everyOtherRequestIsAnsweredWhileACellRuns() {
        var world = World()
        world.execute("1")
        for (type, answer) in [
            ("kernel_info", "kernel_info_reply ok"), ("history", "history_reply ok"),
            ("complete", "complete_reply ok"), ("inspect", "inspect_reply ok"),
            ("is_complete", "is_complete_reply complete"), ("comm_info", "comm_info_reply ok"),
        ] {
            world.ask("\(type)_request")
            #expect(world.said == ["status busy", answer, "status idle"])
        }
    }

    @Test func aProcessThatEndsBetweenCellsIsToldOfAndStartedAgain() {
        var world = World()
        world.tell(.told(.ready))
        world.tell(.evaluatorEnded(reason: "trapped"))
        #expect(world.said == ["stream"])
        #expect(world.orders == [.startEvaluator])
    }

    @Test func whatHasANameIsShownOnceInACellAndReplacedThere() {
        var world = World()
        world.tell(.told(.ready))
        func types() -> [String] { world.said.map { String($0.split(separator: " ")[0]) } }
        for _ in 0..<2 {
            world.execute("1")
            let cell = world.orders.compactMap { effect -> Int? in
                if case .parse(let cell, _, _) = effect { cell } else { nil }
            }[0]
            world.tell(.parsed(cell: cell, tree: tree, messages: ""))
            world.tell(.compiled(cell: cell, library: "/l", messages: ""))
            world.tell(.told(.display("1", name: "a", isUpdate: false)))
            #expect(types() == ["display_data"])
            world.tell(.told(.display("2", name: "a", isUpdate: false)))
            #expect(types() == ["update_display_data"])
            world.tell(.told(.finished(cell: cell)))
        }
        // News of work that goes on belong to the cell that began it.
        world.tell(.told(.display("3", name: "a", isUpdate: true)))
        #expect(types() == ["update_display_data"])
        guard case .send(_, let reply)? = world.effects.first else { return #expect(Bool(false)) }
        #expect(reply.parent["msg_type"].string == "execute_request")
    }

    @Test func anEmptyCellIsDoneAtOnceAndADirectiveIsRefused() {
        var world = World()
        world.execute(" \n ")
        #expect(world.said.suffix(2) == ["execute_reply ok", "status idle"])
        world.execute("%matplotlib inline")
        #expect(world.said.contains("error Directive"))
        #expect(!world.machine.isBusy)
    }

    @Test(arguments: [
        ("1 + 2", Completeness.complete), ("func f() {", .incomplete(indent: 4)),
        ("let a = \"\"\"\nx", .incomplete(indent: 4)), ("f(\"\\(a[1", .incomplete(indent: 12)),
        ("/* a", .incomplete(indent: 0)), ("a)", .invalid), ("\"abc", .incomplete(indent: 4)),
        ("// {", .complete), ("#\"\\(\"#", .complete), ("let s = \"a\nb", .invalid),
    ])
    func consolesAreToldWhatIsComplete(code: String, expected: Completeness) {
        #expect(Completeness.of(code) == expected)
    }
}
