// What stands beside a remote function: a type of its own that encodes, decodes and calls it, a
// record that leads a worker to that type, a variable by which chains and `remote.call` find the
// type, and an overload for calls with proxies.

import SwiftSyntax
import SwiftSyntaxMacros

/// The declarations beside a remote function.
///
/// - Parameter needs: what the attribute says that runs take, as it was written.
func remotePeers(
    of signature: RemoteSignature, needs: String, in context: some MacroExpansionContext
) -> [String] {
    let access = signature.access.isEmpty ? "" : signature.access + " "
    let prefix = signature.isStatic ? access + "static " : access
    let (type, name) = (signature.typeName, signature.name)
    var peers = [remoteType(of: signature, needs: needs, access: access, in: context)]
    // A macro cannot see its siblings: of two overloads in one scope the compiler says that this is
    // declared twice, and its name says what to do.
    let plain = name.filter { $0 != "`" }
    peers.append("\(access)enum _RemoteFunctionsNeedDifferentNames_\(plain) {}")
    if signature.parameters.isEmpty {
        // `var f` beside `func f()` would be declared twice; `remote.call(f)` takes this overload.
        peers.append(
            """
            @_disfavoredOverload \(prefix)func \(name)() -> \(type) { \(type)() }
            """)
    } else {
        let list = signature.parameters.enumerated().map { index, parameter in
            "\(parameter.label) a\(index): some Swoop.RemoteArgument<\(parameter.type)>"
        }
        let arguments = signature.parameters.indices.map { ", a\($0)" }.joined()
        peers.append("\(prefix)var \(name): \(type) { \(type)() }")
        peers.append(
            """
            \(prefix)func \(name)(\(list.joined(separator: ", "))) -> \
            Swoop.Proxy<\(signature.result ?? "Void")> {
                Swoop._remoteCall(\(type).self\(arguments))
            }
            """)
    }
    return peers
}

private func remoteType(
    of signature: RemoteSignature, needs: String, access: String,
    in context: some MacroExpansionContext
) -> String {
    let function = signature.function
    let (file, line) = fileAndLine(of: function.name, in: context)
    let print = fingerprint(
        of: Syntax(function.signature), function.body.map { Syntax($0) } ?? Syntax(function.name))
    let types = signature.parameters.map(\.type)
    let tuple = types.count == 1 ? types[0] : "(\(types.joined(separator: ", ")))"
    let values = types.count == 1 ? ["arguments"] : types.indices.map { "arguments.\($0)" }
    let declared = needs.isEmpty ? "" : ", needs: Swoop.RemoteNeeds(\(needs))"
    let member = signature.memberAccess
    let isElementFunction = types.count == 1 && !signature.isAsync
    let kind =
        isElementFunction
        ? "Swoop.RemoteElementFunction"
        : "Swoop.RemoteFunction\(types.count), "
            + (signature.isAsync ? "Swoop.AsyncRemoteFunction" : "Swoop.SyncRemoteFunction")

    var lines = types.enumerated().map { "\(member)typealias A\($0.offset) = \($0.element)" }
    lines += [
        "\(member)typealias Arguments = \(tuple)",
        "\(member)typealias Result = \(signature.result ?? "Void")",
        "\(member)init() {}",
        """
        \(member)static let _entry = Swoop.RemoteEntry(
                identity: \(literal(signature.identity(file: file))),
                fingerprint: \(print), file: \(literal(file)), line: \(line)\(declared), body: _thunk)
        """,
        """
        @section("swoop_remote") @used
            static let _record: Swoop._RemoteRecord = (1, { \
            Swoop._describe(\(signature.typeName)._entry, at: $0) })
        """,
    ]
    lines += codecLines(values: values, tuple: tuple, types: types, member: member)
    lines += resultLines(type: signature.result, member: member)
    lines += callLines(of: signature, values: values, tuple: tuple)
    return """
        \(access)struct \(signature.typeName): \(kind) {
            \(lines.joined(separator: "\n    "))
        }
        """
}

private func codecLines(
    values: [String], tuple: String, types: [String], member: String
) -> [String] {
    let encode = values.map { "try _encodeValue(\($0), into: &writer)" }
    let decode = types.map { "try _decodeValue(\($0).self, from: &reader)" }
    let features = values.map { "_feature(of: \($0))" }.joined(separator: ", ")
    let result = types.count == 1 ? decode[0] : "(\(decode.joined(separator: ", ")))"
    return [
        """
        \(member)static func _encode(_ arguments: \(tuple), into writer: inout Swoop.ValueWriter) \
        throws(Swoop.ValueEncodingError) {
                \(encode.joined(separator: "\n        "))
            }
        """,
        """
        \(member)static func _decode(from reader: inout Swoop.ValueReader) \
        throws(Swoop.ValueDecodingError) -> \(tuple) {
                \(result)
            }
        """,
        "\(member)static func _features(_ arguments: \(tuple)) -> [Double] { [\(features)] }",
    ]
}

private func resultLines(type: String?, member: String) -> [String] {
    guard let type else { return [] }
    return [
        """
        \(member)static func _encodeResult(_ result: \(type), into writer: inout \
        Swoop.ValueWriter) throws(Swoop.ValueEncodingError) {
                try _encodeValue(result, into: &writer)
            }
        """,
        """
        \(member)static func _decodeResult(from reader: inout Swoop.ValueReader) \
        throws(Swoop.ValueDecodingError) -> \(type) {
                try _decodeValue(\(type).self, from: &reader)
            }
        """,
    ]
}

private func callLines(of signature: RemoteSignature, values: [String], tuple: String) -> [String] {
    let member = signature.memberAccess
    let attempt = (signature.isThrowing ? "try " : "") + (signature.isAsync ? "await " : "")
    func call(_ values: [String]) -> String {
        let list = zip(signature.parameters, values).map { parameter, value in
            parameter.label == "_" ? value : "\(parameter.label): \(value)"
        }
        return "\(attempt)\(signature.path)\(signature.name)(\(list.joined(separator: ", ")))"
    }
    let result = signature.result ?? "Void"
    let throwing = signature.isThrowing ? " throws" : ""
    let isolation = signature.isAsync ? "nonisolated(nonsending) " : ""
    let effects = (signature.isAsync ? " async" : "") + throwing
    var lines = [
        """
        \(member)\(isolation)static func _call(_ arguments: \(tuple))\(effects) \
        -> \(result) { \(call(values)) }
        """
    ]
    if signature.parameters.count == 1, !signature.isAsync {
        let inlining = member.isEmpty ? "@inline(__always)" : "@inlinable @inline(__always)"
        lines.append(
            """
            \(inlining) \(member)func _apply(_ input: \(tuple))\(throwing) \
            -> \(result) { \(call(["input"])) }
            """
        )
    }
    return lines
}
