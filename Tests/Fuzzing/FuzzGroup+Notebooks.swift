// What a kernel for notebooks reads: Jupyter's messages, its evaluator's lines, the compiler's
// trees and words, and its connection file.

import SwoopKernel
import SwoopModel

extension FuzzGroup {
    static let notebooks: [Entry] = [
        Entry("json", seeds: { texts(jsonTexts) }) { bytes in
            guard let found = try? JSONValue(bytes) else { return }
            // Infinity and the like are null from then on.
            let written = found.encoded
            expectSame((try? JSONValue(parsing: written))?.encoded, written, "a value of JSON")
        },
        Entry("jupyter message", seeds: jupyterMessages) { bytes in
            guard let message = try? codec.decode(frames(of: bytes)) else { return }
            let written = codec.encode(message)
            expectSame((try? codec.decode(written)).map(codec.encode), written, "a message")
            var machine = KernelMachine(version: "0")
            var effects: [KernelEffect] = []
            for channel in KernelChannel.allCases {
                machine.handle(
                    .received(channel, message), at: Timestamp(nanoseconds: 1), into: &effects)
            }
        },
        Entry("connection file", seeds: { texts([connectionFile]) }) { bytes in
            var bytes = bytes
            var key: [UInt8] = []
            guard let file = try? ConnectionFile(&bytes, takingKey: { key = Array($0) }) else {
                return
            }
            precondition(!key.isEmpty, "a connection file without a key was taken")
            precondition(
                bytes[file.keyPlace].allSatisfy { $0 == UInt8(ascii: "0") }, "the key is there yet")
            for name in ConnectionFile.socketNames { _ = file.endpoint(name) }
        },
        Entry("evaluator's order", seeds: { orders.map { Array($0.line.utf8) } }) { bytes in
            guard let found = EvaluatorOrder(line: bytes) else { return }
            expectSame(EvaluatorOrder(line: Array(found.line.utf8)), found, "an order")
        },
        Entry("evaluator's news", seeds: { news.map { Array($0.line.utf8) } }) { bytes in
            guard let found = EvaluatorNews(line: bytes) else { return }
            let written = found.line
            expectSame(EvaluatorNews(line: Array(written.utf8))?.line, written, "news")
            var machine = KernelMachine(version: "0")
            var effects: [KernelEffect] = []
            machine.handle(.told(found), at: Timestamp(nanoseconds: 1), into: &effects)
        },
        Entry("cell and its tree", seeds: { texts([cellWithTree]) }) { bytes in
            let parts = bytes.split(separator: 0, maxSplits: 1, omittingEmptySubsequences: false)
            guard parts.count == 2, let tree = try? JSONValue(Array(parts[1])) else { return }
            let cell = CellText(String(decoding: parts[0], as: UTF8.self), tree: tree, cell: 1)
            var names = CellNames()
            names.add(cell, cell: 1)
            _ = names.imports(for: cell.text)
            _ = names.names(beginningWith: "")
            let source = CellSource(cell, cell: 2, count: 1, names: names)
            _ = source.shifts.original(line: 1, column: 1 << 20)
        },
        Entry("compiler's words", seeds: { texts([compilerWords]) }) { bytes in
            let parts = bytes.split(separator: 0, maxSplits: 1, omittingEmptySubsequences: false)
            let written = String(decoding: parts[0], as: UTF8.self)
            let said = String(decoding: parts.last ?? [], as: UTF8.self)
            let found = CompilerMessages(
                said, file: "In[1]", written: written, shifts: ColumnShifts())
            precondition(found.firstError == nil || !found.text.isEmpty, "an error without words")
        },
        Entry(
            "directives", seeds: { texts(["%package \"a b\" =1.2\n %package git@h:p.git v2\nx"]) }
        ) {
            guard let cell = try? CellDirectives(String(decoding: $0, as: UTF8.self)) else {
                return
            }
            for (wish, _, _) in cell.packages {
                let manifest = wish.manifest(path: wish.place, products: [wish.name], library: "L")
                precondition(!manifest.isEmpty && !wish.directive.isEmpty, "a wish without words")
            }
        },
        Entry("SourceKit's answer", seeds: { texts([sourceKitAnswer]) }) { bytes in
            guard let (number, answer) = CodeAnswer.read(bytes) else { return }
            var machine = KernelMachine(version: "0")
            var effects: [KernelEffect] = []
            for type in ["complete_request", "inspect_request"] {
                let request = JupyterMessage(
                    header: ["msg_type": .text(type)], content: ["code": "cou", "cursor_pos": 3])
                machine.handle(
                    .received(.shell, request), at: Timestamp(nanoseconds: 1), into: &effects)
            }
            for question in [number, 1, 2] {
                machine.handle(
                    .answered(number: question, answer), at: Timestamp(nanoseconds: 1),
                    into: &effects)
            }
        },
        Entry("completeness", seeds: { texts(["f(\"a\\(b[1])\") // {\n/* ( */ \"\"\"\nx\n"]) }) {
            _ = Completeness.of(String(decoding: $0, as: UTF8.self))
        },
    ]

    private static let codec = MessageCodec { _ in "s" }

    private static let jsonTexts = [
        "{\"a\":[1,-2.5e3,null,true,\"x\\u00e9\\ud83d\\ude00\\n\"],\"b\":{}}", "[[[]]]", "-0.0",
    ]

    @Sendable private static func jupyterMessages() -> [[UInt8]] {
        let contents: [(String, JSONValue)] = [
            ("execute_request", ["code": "1 + 1", "silent": false, "store_history": true]),
            ("complete_request", ["code": "pri", "cursor_pos": 3]),
            ("inspect_request", ["code": "print", "cursor_pos": 2, "detail_level": 0]),
            ("is_complete_request", ["code": "f("]), ("history_request", ["n": 3]),
            ("kernel_info_request", [:]), ("comm_info_request", [:]), ("interrupt_request", [:]),
            ("shutdown_request", ["restart": false]), ("input_reply", ["value": "x"]),
        ]
        return contents.map { type, content in
            let message = JupyterMessage(
                identities: [[1, 2]], header: ["msg_type": .text(type), "msg_id": "m"],
                content: content)
            return bytes(of: codec.encode(message))
        }
    }

    private static let connectionFile =
        "{\"shell_port\": 1, \"iopub_port\": 2, \"stdin_port\": 3, \"control_port\": 4, "
        + "\"hb_port\": 5, \"ip\": \"127.0.0.1\", \"key\": \"a0-b1\", \"transport\": \"tcp\", "
        + "\"signature_scheme\": \"hmac-sha256\", \"kernel_name\": \"swoop\"}"

    private static let orders: [EvaluatorOrder] = [
        .run(cell: 1, library: "/tmp/c.so"), .load(library: "/tmp/p.so"), .input("x"), .input(nil),
        .end,
    ]

    private static let news: [EvaluatorNews] = [
        .ready, .result(cell: 1, ["text/plain": "2"]),
        .display(["text/plain": "x"], name: "n", isUpdate: true), .finished(cell: 1),
        .failed(cell: 1, name: "e", text: "t", steps: 2),
        .inputWanted(prompt: "?", isSecret: true), .loaded(library: "/p", problem: "why"),
    ]

    private static let cellWithTree =
        "import A\nlet x = 1\nx\u{0}{\"items\":[{\"_kind\":\"import_decl\",\"range\":{\"start\":0}},"
        + "{\"_kind\":\"top_level_code_decl\",\"range\":{\"start\":9},\"body\":{\"elements\":"
        + "[{\"_kind\":\"pattern_binding_decl\",\"range\":{\"start\":9},\"pattern_entries\":"
        + "[{\"original_init\":{}}]}]}},{\"_kind\":\"var_decl\",\"let\":true,\"name\":"
        + "{\"base_name\":{\"name\":\"x\"}}},{\"_kind\":\"top_level_code_decl\",\"range\":"
        + "{\"start\":19},\"body\":{\"elements\":[{\"_kind\":\"unresolved_expr\"}]}}]}"

    private static let sourceKitAnswer =
        "{\"number\":1,\"answer\":{\"key.results\":[{\"key.name\":\"count(where:)\",\"key.kind\":"
        + "\"source.lang.swift.decl.var\",\"key.description\":\"count\"}],\"key.annotated_decl\":"
        + "\"<D>f(&lt;)</D>\",\"key.doc_comment\":\"d\",\"key.modulename\":\"Cell1\"}}"

    private static let compilerWords =
        "let x = y\u{0}In[1]:1:9: error: cannot find 'y' in scope\nlet x = y\n        ^\n"
        + "<unknown>:0: error: other\nIn[1]:1:1: warning: unused\n"
}
