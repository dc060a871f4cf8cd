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

        /// All that becomes of a cell that ends well.
        mutating func run(cell: Int) {
            tell(.parsed(cell: cell, tree: ["items": []], messages: ""))
            tell(.compiled(cell: cell, library: "/l", messages: ""))
            tell(.told(.finished(cell: cell)))
        }

        /// Messages in their order: type and what matters of it.
        var said: [String] {
            effects.compactMap { effect in
                guard case .send(_, let reply) = effect else { return nil }
                let state = reply.content["execution_state"].string
                let word = state ?? reply.content["status"].string ?? reply.content["ename"].string
                return word.map { "\(reply.type) \($0)" } ?? reply.type
            }
        }

        /// The cell that is to be parsed.
        var cell: Int {
            for case .parse(let cell, _, _) in effects { return cell }
            return 0
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

    @Test func sourceKitIsAskedBeforeAPersonAsksAndNeverWhileACellRuns() {
        func questions(_ world: World) -> Int {
            world.effects.reduce(0) { if case .ask = $1 { $0 + 1 } else { $0 } }
        }
        for isTypedAt in [false, true] {
            var world = World()
            world.tell(.told(.ready))
            #expect(world.machine.nextDeadline == nil)
            world.ask("execute_request", ["code": "1", "allow_stdin": .bool(isTypedAt)])
            #expect(world.machine.nextDeadline == nil)
            world.run(cell: 1)
            #expect((world.machine.nextDeadline != nil) == isTypedAt)
            // The next cell comes at once: it has the machine for itself.
            world.execute("2")
            world.now = Timestamp(nanoseconds: 5_000_000_000)
            world.tell(.timePassed)
            #expect(questions(world) == 0)
            world.run(cell: 2)
            world.now = Timestamp(nanoseconds: 6_000_000_000)
            world.tell(.timePassed)
            #expect(questions(world) == (isTypedAt ? 1 : 0))
            // Nobody hears of its answer, and it is asked once.
            if isTypedAt { world.tell(.answered(number: 1, .missing("no SourceKit"))) }
            #expect(world.said.isEmpty)
            world.execute("3")
            world.run(cell: 3)
            #expect(world.machine.nextDeadline == nil)
        }
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

    @Test func consolesWhichReplaceNothingAreShownTheLastOfItAtTheEnd() {
        var world = World()
        world.tell(.told(.ready))
        func run(_ content: JSONValue) -> [String] {
            world.ask("execute_request", content)
            let cell = world.cell
            world.tell(.parsed(cell: cell, tree: tree, messages: ""))
            world.tell(.compiled(cell: cell, library: "/l", messages: ""))
            for text in ["1", "2", "3"] {
                world.tell(
                    .told(
                        .display(["text/plain": .text(text)], name: "a\(cell)", isUpdate: false)))
            }
            world.tell(.told(.finished(cell: cell)))
            return world.effects.compactMap { effect in
                guard case .send(_, let reply) = effect, reply.type == "display_data" else {
                    return nil
                }
                return reply.content["data"]["text/plain"].string
            }
        }
        #expect(run(["code": "1", "allow_stdin": true]) == ["3"])
        #expect(run(["code": "1", "allow_stdin": false]) == [])
    }

    @Test func whatComesAfterACellStandsBeneathItAndNotInTheLineThatIsTypedInAConsole() {
        for isConsole in [false, true] {
            var world = World()
            world.tell(.told(.ready))
            world.ask("execute_request", ["code": "1", "allow_stdin": .bool(isConsole)])
            world.run(cell: 1)
            var parents: [String?] {
                world.effects.map { effect in
                    guard case .send(_, let reply) = effect else { return nil }
                    return reply.parent["msg_id"].string
                }
            }
            world.tell(.printed(stream: "stdout", text: "late"))
            #expect(parents == ["execute_request-1"])
            let work = EvaluatorNews.display(["text/plain": "0 of 2"], name: "w", isUpdate: false)
            world.tell(.told(work))
            #expect(parents == (isConsole ? [] : ["execute_request-1"]))
            #expect(world.said == (isConsole ? [] : ["display_data"]))
            world.tell(.evaluatorEnded(reason: "was killed"))
            #expect(parents.contains("execute_request-1"))
        }
    }

    @Test func whatChangedByItselfSaysWhenItsProcessEnded() {
        var world = World()
        world.tell(.told(.ready))
        world.execute("1")
        world.tell(.parsed(cell: 1, tree: tree, messages: ""))
        world.tell(.compiled(cell: 1, library: "/l", messages: ""))
        func show(_ text: String, _ name: String, _ lastWords: JSONValue) {
            world.tell(
                .told(.display(.text(text), name: name, isUpdate: false, lastWords: lastWords)))
        }
        show("1 of 2", "a", "1 of 2 at its end")
        show("1 of 9", "b", "1 of 9 at its end")
        show("9 of 9", "b", .null)
        world.tell(.evaluatorEnded(reason: "trapped"))
        let shown = world.effects.compactMap { effect -> JSONValue? in
            guard case .send(_, let reply) = effect, reply.type == "update_display_data" else {
                return nil
            }
            return reply.content["data"]
        }
        #expect(shown == ["1 of 2 at its end"])
        world.tell(.evaluatorEnded(reason: "trapped"))
        #expect(!world.said.contains("update_display_data"))
    }

    @Test func aPackageIsBuiltAndLoadedBeforeTheCodeOfItsCell() {
        var world = World()
        world.tell(.told(.ready))
        world.execute("%package ../Shapes\n%package \"my shapes\" 1.2\narea()")
        let (first, second) = (
            PackageWish(place: "../Shapes", version: nil),
            PackageWish(place: "my shapes", version: .from("1.2.0"))
        )
        #expect(world.orders == [.build(cell: 1, first)])
        world.tell(.packageProgress(cell: 1, text: "[1/2]"))
        #expect(world.said == ["update_display_data"])
        world.tell(
            .packageBuilt(
                cell: 1, BuiltPackage(wish: first, library: "/a", modules: ["Shapes"]),
                messages: ""))
        #expect(world.orders == [.order(.load(library: "/a"))])
        world.tell(.told(.loaded(library: "/a", problem: nil)))
        #expect(world.orders == [.build(cell: 1, second)])
        world.tell(
            .packageBuilt(
                cell: 1, BuiltPackage(wish: second, library: "/b", modules: []), messages: ""))
        world.tell(.told(.loaded(library: "/b", problem: nil)))
        let code = String(repeating: " ", count: 18) + "\n" + String(repeating: " ", count: 24)
        #expect(world.orders == [.parse(cell: 1, text: code + "\narea()", file: "In[1]")])
        // A new evaluator loads them all before its first cell.
        world.tell(.evaluatorEnded(reason: "trapped"))
        world.tell(.told(.ready))
        #expect(
            world.orders == [.order(.load(library: "/a")), .order(.load(library: "/b"))])
        // What is there is not built again, and no other of its name is taken.
        world.execute("%package ../Shapes")
        #expect(
            world.orders.isEmpty && world.said.suffix(2) == ["execute_reply ok", "status idle"])
        world.execute("%package ../other/Shapes")
        #expect(world.said.contains("error PackageError"))
    }

    @Test func aPackageThatCannotBeHadIsToldOfAtItsLine() {
        var world = World()
        world.tell(.told(.ready))
        world.execute("\n%package ../Shapes\nlet a = 1")
        world.tell(.packageBuilt(cell: 1, nil, messages: "error: no\n\n"))
        guard case .send(.iopub, let reply)? = world.effects.first else {
            return #expect(Bool(false))
        }
        let lines = reply.content["traceback"].elements.compactMap(\.string)
        #expect(
            lines == [
                "In[1]:2:1: error: the package Shapes could not be had or built",
                "%package ../Shapes", "^", "error: no",
            ])
        // A library that ends its process is not loaded again.
        world.execute("%package ../Shapes")
        world.tell(
            .packageBuilt(
                cell: 2,
                BuiltPackage(
                    wish: PackageWish(place: "../Shapes", version: nil), library: "/a",
                    modules: []), messages: ""))
        world.tell(.evaluatorEnded(reason: "trapped"))
        world.tell(.told(.ready))
        #expect(world.orders.isEmpty && !world.machine.isBusy)
        // Nor is one that the loader refuses.
        world.execute("%package ../Shapes")
        world.tell(
            .packageBuilt(
                cell: 3,
                BuiltPackage(
                    wish: PackageWish(place: "../Shapes", version: nil), library: "/a",
                    modules: []), messages: ""))
        world.tell(.told(.loaded(library: "/a", problem: "why not")))
        #expect(world.said.contains("error PackageError"))
        #expect(world.machine.packageCount == 0)
        // An interrupt ends a build.
        world.execute("%package ../Shapes")
        world.ask("interrupt_request", on: .control)
        #expect(world.orders == [.stopCompiler])
        #expect(!world.machine.isBusy)
    }

    @Test(arguments: [
        ("1.2.3", PackageWish.Version.from("1.2.3")), ("v2", .from("2.0.0")),
        ("=1.2", .exactly("1.2.0")), ("==1.2.3", .exactly("1.2.3")),
        ("1.0.0-beta.1", .from("1.0.0-beta.1")), ("main", .branch("main")),
        ("1.2.3.4", .branch("1.2.3.4")),
        (
            "0123456789abcdef0123456789abcdef01234567",
            .revision("0123456789abcdef0123456789abcdef01234567")
        ),
    ])
    func versionsOfPackagesAreReleasesBranchesOrCommits(
        text: String, version: PackageWish.Version
    ) throws {
        let wish = try CellDirectives("%package git@host:a/b.git \(text)").packages[0].wish
        #expect(wish == PackageWish(place: "git@host:a/b.git", version: version))
        #expect(wish.isRemote && wish.name == "b")
        #expect(try CellDirectives(wish.directive).packages[0].wish == wish)
    }

    @Test func sourceKitIsAskedAndWhatIsKnownHereAnswersInItsPlace() {
        var world = World()
        let content: JSONValue = ["code": "let ä = 1\nxs.cou + 1", "cursor_pos": 16]
        world.ask("complete_request", content)
        #expect(world.said == ["status busy"])
        guard case .ask(let question)? = world.orders.first else { return #expect(Bool(false)) }
        #expect(question.kind == .completion && question.typed == "cou")
        #expect(
            String(decoding: question.source.utf8.dropFirst(question.offset), as: UTF8.self)
                == "cou + 1")
        let line = question.line(arguments: ["-O"], library: "/s")
        #expect(line.contains("codecomplete.open") && !line.contains("\n"))
        world.tell(
            .answered(
                number: question.number,
                .said([
                    "key.results": [
                        ["key.name": "count", "key.kind": "source.lang.swift.decl.var.instance"],
                        ["key.name": "count(where:)"], ["key.name": "underestimatedCount"],
                        ["key.name": "count"],
                    ]
                ])))
        #expect(world.said == ["complete_reply ok", "status idle"])
        guard case .send(.shell, let reply)? = world.effects.first else {
            return #expect(Bool(false))
        }
        #expect(reply.content["matches"] == ["count", "count("])
        #expect(reply.content["cursor_start"] == 13 && reply.content["cursor_end"] == 16)
        // No answer in time; none at all; too many questions.
        world.ask("inspect_request", ["code": "f(1)", "cursor_pos": 2])
        world.now = Timestamp(nanoseconds: 20_000_000_000)
        #expect(world.machine.nextDeadline.map { $0 <= world.now } == true)
        world.tell(.timePassed)
        #expect(world.said == ["inspect_reply ok", "status idle"])
        for _ in 0..<8 { world.ask("complete_request", ["code": "stru", "cursor_pos": 4]) }
        world.ask("complete_request", ["code": "stru", "cursor_pos": 4])
        #expect(world.said == ["status busy", "complete_reply ok", "status idle"])
        world.tell(.answered(number: 3, .missing("no library")))
        #expect(world.said == ["stream"])
        world.tell(.answered(number: 5, .missing("no library")))
        #expect(world.said == ["complete_reply ok", "status idle"])
        world.ask("complete_request", ["code": "stru", "cursor_pos": 4])
        #expect(world.said == ["status busy", "complete_reply ok", "status idle"])
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
