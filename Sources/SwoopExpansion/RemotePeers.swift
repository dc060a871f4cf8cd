// What stands beside a remote function: a type of its own that encodes, decodes and calls it, a
// record that leads a worker to that type, a variable by which chains and `remote.call` find the
// type, and an overload for calls with proxies.

import SwiftSyntax
import SwiftSyntaxMacros

/// The declarations beside a remote function.
///
/// - Parameter needs: what the attribute says that runs take.
func remotePeers(
    of signature: RemoteSignature, needs: DeclaredNeeds, in context: some MacroExpansionContext
) -> [String] {
    let access = signature.access.isEmpty ? "" : signature.access + " "
    let prefix = signature.isStatic ? access + "static " : access
    let (type, name) = (signature.typeName, signature.name)
    var peers = [remoteType(of: signature, needs: needs, access: access, in: context)]
    // A macro cannot see its siblings: of two overloads in one scope the compiler says that this is
    // declared twice, and its name says what to do. Few names lead to it or to the function's type,
    // since each would be an error too.
    let aliases = signature.ownTypes.compactMap(\.alias).map { signature.memberAccess + $0 }
    peers.append("\(access)enum \(signature.typesName) { \(aliases.joined(separator: "; ")) }")
    if signature.parameters.isEmpty {
        // `var f` beside `func f()` would be declared twice; `remote.call(f)` takes this overload.
        peers.append(
            """
            @_disfavoredOverload \(prefix)func \(name)() -> \(type) { \(type)() }
            """)
    } else {
        peers.append("\(prefix)var \(name): \(type) { \(type)() }")
        peers.append(proxyCall(of: signature, constants: [], prefix: prefix))
        for constants in signature.constantPlaces {
            let call = proxyCall(of: signature, constants: constants, prefix: prefix)
            peers.append("@_disfavoredOverload \(call)")
        }
    }
    return peers
}

/// The overload for calls with handles; at the places of `constants` there are none.
private func proxyCall(
    of signature: RemoteSignature, constants: Set<Int>, prefix: String
) -> String {
    let list = signature.parameters.enumerated().map { index, parameter in
        // What is left out in a call with a handle is the constant that the function has.
        let standard = parameter.standard.map { " = ((\($0)) as \(parameter.type))" } ?? ""
        let type =
            constants.contains(index)
            ? parameter.type : "some Swoop.RemoteArgument<\(parameter.type)>"
        return "\(parameter.label) a\(index): \(type)\(standard)"
    }
    let arguments = signature.parameters.indices.map { index in
        constants.contains(index) ? ", Swoop._argument(a\(index))" : ", a\(index)"
    }.joined()
    return """
        \(prefix)func \(signature.name)(\(list.joined(separator: ", "))) -> \
        Swoop.Proxy<\(signature.result ?? "Void")> {
            Swoop._remoteCall(\(signature.typeName).self\(arguments))
        }
        """
}

/// What a call leads to whose arguments fit neither the function nor its overloads: a sentence with
/// the parameters and their types.
///
/// It has the function's labels: of a wrong label or number of arguments the compiler says what is
/// wrong, and not that the variable beside the function is no function.
private func wrongCall(of signature: RemoteSignature) -> String? {
    guard !signature.parameters.isEmpty else { return nil }
    let parameters = signature.parameters.enumerated().map { index, parameter in
        "\(parameter.label) a\(index): Any\(parameter.standard == nil ? "" : " = ()")"
    }
    let (name, types) = (signature.name, signature.parameters.map(\.type))
    let list = zip(signature.parameters, types).map { parameter, type in
        parameter.label == "_" ? type : "\(parameter.label): \(type)"
    }
    var message =
        "\(name) takes (\(list.joined(separator: ", "))), each of them a value or a handle"
    if types.contains(where: { $0.hasPrefix("[") }) {
        message += "; the handle of what lies in pages is array.collected()"
    } else if types.count == 1 {
        message += "; for each element of what lies in pages write array.map(\(name))"
    }
    return """
        @available(*, unavailable, message: \(literal(message))) @_disfavoredOverload
            \(signature.memberAccess)func callAsFunction(\(parameters.joined(separator: ", "))) -> \
        Swoop.Proxy<Result> { Swoop._neverCalled() }
        """
}

extension RemoteSignature {
    /// Parameters where a constant beside a handle would not be what is generic: `1` is an `Int`
    /// there, where the function wants a `UInt64`, and `.fast` is nothing. For each choice of them
    /// there is an overload that takes their very types; of more than three, for one at a time and
    /// for all.
    fileprivate var constantPlaces: [Set<Int>] {
        let places = parameters.indices.filter { Self.needsOverload(parameters[$0].type) }
        let choices: [Set<Int>] =
            places.count > 3
            ? places.map { [$0] } + [Set(places)]
            : (1..<(1 << places.count)).map { bits in
                Set(places.indices.filter { bits >> $0 & 1 == 1 }.map { places[$0] })
            }
        return choices.filter { $0.count < parameters.count }
    }

    /// Whether what a constant of the type is written as may be of another one, or the type none
    /// that is generic code's for what may be a handle: all but the most usual ones.
    private static func needsOverload(_ type: String) -> Bool {
        let inner =
            type.hasPrefix("[") && type.hasSuffix("]") ? type.dropFirst().dropLast() : type[...]
        return !["Int", "Double", "String", "Bool"].contains(inner)
    }
}

private func remoteType(
    of signature: RemoteSignature, needs: DeclaredNeeds, access: String,
    in context: some MacroExpansionContext
) -> String {
    let function = signature.function
    let (file, line) = fileAndLine(of: function.name, in: context)
    let print = fingerprint(
        of: Syntax(function.signature), function.body.map { Syntax($0) } ?? Syntax(function.name))
    let types = signature.types
    let values = types.count == 1 ? ["arguments"] : types.indices.map { "arguments.\($0)" }
    let declared = needs.text.isEmpty ? "" : ", needs: Swoop._RemoteNeeds(\(needs.text))"
    let member = signature.memberAccess
    let isElementFunction = types.count == 1 && !signature.isAsync
    let kind =
        isElementFunction
        ? "Swoop._RemoteElementFunction"
        : "Swoop._RemoteFunction\(types.count), "
            + (signature.isAsync ? "Swoop._AsyncRemoteFunction" : "Swoop._SyncRemoteFunction")

    var lines = signature.ownTypes.map { "\(member)typealias \($0.name) = \($0.type)" }
    lines += [
        "\(member)init() {}",
        """
        \(member)static let _entry = Swoop._RemoteEntry(
                identity: \(literal(signature.identity(file: file))),
                fingerprint: \(print), file: \(literal(file)), line: \(line)\(declared), body: _thunk)
        """,
        """
        @section("swoop_remote") @used
            static let _record: Swoop._RemoteRecord = (1, { \
            Swoop._describe(Self._entry, at: $0) })
        """,
    ]
    lines += codecLines(of: signature, values: values, in: context)
    lines += resultLines(of: signature, in: context)
    lines += callLines(of: signature, values: values, isStepOfItsOwn: needs.haveLimits)
    if let wrong = wrongCall(of: signature) { lines.append(wrong) }
    return """
        \(access)struct \(signature.typeName): \(kind) {
            \(lines.joined(separator: "\n    "))
        }
        """
}

private func codecLines(
    of signature: RemoteSignature, values: [String], in context: some MacroExpansionContext
) -> [String] {
    let (types, member) = (signature.types, signature.memberAccess)
    let encode = zip(values, signature.parameters).map { value, parameter in
        line("try _encodeValue(\(value), into: &writer)", of: parameter.node, in: context)
    }
    let decode = types.map { "try _decodeValue(\($0).self, from: &reader)" }
    let features = values.map { "_feature(of: \($0))" }.joined(separator: ", ")
    let result = types.count == 1 ? decode[0] : "(\(decode.joined(separator: ", ")))"
    return [
        """
        \(member)static func _encode(_ arguments: Arguments, into writer: inout Swoop.ValueWriter) \
        throws(Swoop.ValueEncodingError) {
        \(encode.joined(separator: "\n"))
            }
        """,
        """
        \(member)static func _decode(from reader: inout Swoop.ValueReader) \
        throws(Swoop.ValueDecodingError) -> Arguments {
                \(result)
            }
        """,
        "\(member)static func _features(_ arguments: Arguments) -> [Double] { [\(features)] }",
    ]
}

private func resultLines(
    of signature: RemoteSignature, in context: some MacroExpansionContext
) -> [String] {
    guard let node = signature.resultNode, signature.result != nil else { return [] }
    let member = signature.memberAccess
    return [
        """
        \(member)static func _encodeResult(_ result: Result, into writer: inout \
        Swoop.ValueWriter) throws(Swoop.ValueEncodingError) {
        \(line("try _encodeValue(result, into: &writer)", of: node, in: context))
            }
        """,
        """
        \(member)static func _decodeResult(from reader: inout Swoop.ValueReader) \
        throws(Swoop.ValueDecodingError) -> Result {
                try _decodeValue(Result.self, from: &reader)
            }
        """,
    ]
}

private func callLines(
    of signature: RemoteSignature, values: [String], isStepOfItsOwn: Bool
) -> [String] {
    let member = signature.memberAccess
    let attempt = (signature.isThrowing ? "try " : "") + (signature.isAsync ? "await " : "")
    func call(_ values: [String]) -> String {
        let list = zip(signature.parameters, values).map { parameter, value in
            parameter.label == "_" ? value : "\(parameter.label): \(value)"
        }
        return "\(attempt)\(signature.path)\(signature.name)(\(list.joined(separator: ", ")))"
    }
    let throwing = signature.isThrowing ? " throws" : ""
    let isolation = signature.isAsync ? "nonisolated(nonsending) " : ""
    let effects = (signature.isAsync ? " async" : "") + throwing
    var lines = [
        """
        \(member)\(isolation)static func _call(_ arguments: Arguments)\(effects) \
        -> Result { \(call(values)) }
        """
    ]
    let hasStep = isStepOfItsOwn && !signature.isAsync
    if hasStep {
        lines.append(
            """
            \(member)static func _step(_ arguments: Arguments) throws -> Result {
                    try Swoop._declaredCall(_entry) { \(call(values)) }
                }
            """)
    }
    if signature.parameters.count == 1, !signature.isAsync {
        let inlining = member.isEmpty ? "@inline(__always)" : "@inlinable @inline(__always)"
        lines.append(
            """
            \(inlining) \(member)func _apply(_ input: A0)\(hasStep ? " throws" : throwing) \
            -> Result { \(hasStep ? "try Self._step(input)" : call(["input"])) }
            """
        )
    }
    return lines
}
