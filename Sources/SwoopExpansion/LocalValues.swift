// Which values of the code around a closure of #remote it uses without capturing them. The compiler
// shows a macro the closure alone, so the file around it is read (SurroundingFile.swift); where
// that is not the text that is compiled, nothing is found here and the compiler says it in its
// words.

import SwiftDiagnostics
import SwiftSyntax
import SwiftSyntaxMacros

/// A value or function of the code around a closure.
struct LocalName {
    /// What declares it.
    enum Kind {
        /// A constant, variable or parameter; its type where that is written.
        case value(type: String?)
        case function
        /// A property or method of `self`.
        case member(type: String?)
    }

    let name: String
    let kind: Kind
}

/// The use of a local value, with what to write instead.
struct LocalUseMessage: DiagnosticMessage {
    let message: String
    let severity = DiagnosticSeverity.error
    let diagnosticID = MessageID(domain: "Swoop", id: "localUse")

    init(_ local: LocalName, isChanged: Bool, parameter: String) {
        let name = local.name
        if isChanged {
            message =
                "'\(name)' is a local value, and what the closure changed would be a copy in another "
                + "process: give each element its part, and end the chain in sum, count, grouped or "
                + "reduce"
            return
        }
        func captured(_ value: String, _ type: String?) -> String {
            "capture it with its type: #remote { [\(name) = \(value) as \(type ?? "T")] \(parameter) in … }"
        }
        switch local.kind {
        case .value(let type):
            message = "'\(name)' is a local value, which does not travel: \(captured(name, type))"
        case .member(let type):
            message = "'\(name)' belongs to self, which does not travel: \(captured(name, type))"
        case .function:
            message =
                "'\(name)' is a local function, which does not travel: move it to file level, or "
                + "make it static"
        }
    }
}

/// Reports the first use of a local value in a closure of #remote.
func refuseLocalUses(
    in closure: ClosureExprSyntax, of node: some FreestandingMacroExpansionSyntax,
    parameter: String, in context: some MacroExpansionContext
) throws {
    let uses = FreeNames(of: closure).uses
    if let use = uses.first(where: { $0.baseName.tokenKind == .keyword(.self) }) {
        throw MacroMessage.captureSelf.error(at: use)
    }
    guard !uses.isEmpty, let locals = localNames(around: node, in: context) else { return }
    for use in uses {
        guard let local = locals.first(where: { $0.name == use.baseName.text }) else { continue }
        let message = LocalUseMessage(
            local, isChanged: isChanged(by: use), parameter: parameter)
        throw DiagnosticsError(diagnostics: [Diagnostic(node: Syntax(use), message: message)])
    }
}

/// Whether an expression changes the value that it names: `x += 1`, `x = 1`, `&x`, `x.append(1)`.
private func isChanged(by use: DeclReferenceExprSyntax) -> Bool {
    if use.parent?.is(InOutExprSyntax.self) == true { return true }
    if let member = use.parent?.as(MemberAccessExprSyntax.self), member.base?.id == use.id {
        return ["append", "insert", "remove", "removeAll"].contains(member.declName.baseName.text)
    }
    // The operators of a macro's argument may be folded or not.
    if let folded = use.parent?.as(InfixOperatorExprSyntax.self), folded.leftOperand.id == use.id {
        return isAssignment(folded.operator)
    }
    guard let list = use.parent?.as(ExprListSyntax.self), list.first?.id == use.id,
        let symbol = list.dropFirst().first
    else { return false }
    return isAssignment(symbol)
}

private func isAssignment(_ symbol: ExprSyntax) -> Bool {
    if symbol.is(AssignmentExprSyntax.self) { return true }
    guard let text = symbol.as(BinaryOperatorExprSyntax.self)?.operator.text else { return false }
    return text.hasSuffix("=") && !["==", "!=", "<=", ">=", "===", "!=="].contains(text)
}

/// The names that a closure uses and does not declare itself.
private final class FreeNames: SyntaxVisitor {
    private var found: [DeclReferenceExprSyntax] = []
    private var own: Set<String> = []

    init(of closure: ClosureExprSyntax) {
        super.init(viewMode: .sourceAccurate)
        walk(closure.statements)
        own.formUnion(names(of: closure).map(\.name))
    }

    var uses: [DeclReferenceExprSyntax] { found.filter { !own.contains($0.baseName.text) } }

    override func visit(_ node: DeclReferenceExprSyntax) -> SyntaxVisitorContinueKind {
        let isMember =
            node.parent?.as(MemberAccessExprSyntax.self)?.declName.id == node.id
            || node.parent?.is(KeyPathPropertyComponentSyntax.self) == true
        if !isMember { found.append(node) }
        return .visitChildren
    }

    override func visit(_ node: IdentifierPatternSyntax) -> SyntaxVisitorContinueKind {
        own.insert(node.identifier.text)
        return .visitChildren
    }

    override func visit(_ node: FunctionDeclSyntax) -> SyntaxVisitorContinueKind {
        own.insert(node.name.text)
        own.formUnion(names(of: node.signature.parameterClause).map(\.name))
        return .visitChildren
    }

    override func visit(_ node: ClosureExprSyntax) -> SyntaxVisitorContinueKind {
        own.formUnion(names(of: node).map(\.name))
        return .visitChildren
    }
}

/// What is declared around a node in its file, from the inside out; nil if the file is not the text
/// that is compiled.
private func localNames(
    around node: some FreestandingMacroExpansionSyntax, in context: some MacroExpansionContext
) -> [LocalName]? {
    guard let (tree, position) = fileTree(around: node, in: context) else { return nil }
    guard
        let found = tree.token(at: position)?.ancestorOrSelf(mapping: {
            $0.as(MacroExpansionExprSyntax.self)
        }), found.trimmedDescription == node.trimmedDescription
    else { return nil }
    var locals: [LocalName] = []
    var child = Syntax(found)
    while let parent = child.parent {
        if parent.is(SourceFileSyntax.self) { break }
        locals += names(in: parent, before: child)
        if parent.is(MemberBlockSyntax.self) { break }
        child = parent
    }
    return locals
}

/// What a node declares for one of its children.
private func names(in parent: Syntax, before child: Syntax) -> [LocalName] {
    if let list = parent.as(CodeBlockItemListSyntax.self) {
        // What stands at file level is the same in every process.
        if list.parent?.is(SourceFileSyntax.self) == true { return [] }
        return list.flatMap { item -> [LocalName] in
            if let function = item.item.as(FunctionDeclSyntax.self) {
                return [LocalName(name: function.name.text, kind: .function)]
            }
            guard item.position < child.position else { return [] }
            if let variable = item.item.as(VariableDeclSyntax.self) { return names(of: variable) }
            if let guarded = item.item.as(GuardStmtSyntax.self) {
                return names(inPatternsOf: guarded.conditions)
            }
            return []
        }
    }
    if let function = parent.as(FunctionDeclSyntax.self) {
        return names(of: function.signature.parameterClause)
    }
    if let initializer = parent.as(InitializerDeclSyntax.self) {
        return names(of: initializer.signature.parameterClause)
    }
    if let closure = parent.as(ClosureExprSyntax.self) { return names(of: closure) }
    if let loop = parent.as(ForStmtSyntax.self) { return names(inPatternsOf: loop.pattern) }
    if let branch = parent.as(IfExprSyntax.self) {
        return child.id == branch.elseBody?.id ? [] : names(inPatternsOf: branch.conditions)
    }
    if let loop = parent.as(WhileStmtSyntax.self) { return names(inPatternsOf: loop.conditions) }
    if let choice = parent.as(SwitchCaseSyntax.self) { return names(inPatternsOf: choice.label) }
    if let clause = parent.as(CatchClauseSyntax.self) {
        return names(inPatternsOf: clause.catchItems)
            + [LocalName(name: "error", kind: .value(type: nil))]
    }
    if let members = parent.as(MemberBlockSyntax.self) { return instanceMembers(of: members) }
    return []
}

private func names(of variable: VariableDeclSyntax) -> [LocalName] {
    variable.bindings.flatMap { binding in
        let isOne = binding.pattern.is(IdentifierPatternSyntax.self)
        let type =
            isOne
            ? binding.typeAnnotation?.type.trimmedDescription
                ?? literalType(of: binding.initializer?.value) : nil
        return names(inPatternsOf: binding.pattern).map {
            LocalName(name: $0.name, kind: .value(type: type))
        }
    }
}

/// The type that a literal has by default.
private func literalType(of value: ExprSyntax?) -> String? {
    switch value?.kind {
    case .floatLiteralExpr?: "Double"
    case .integerLiteralExpr?: "Int"
    case .stringLiteralExpr?: "String"
    case .booleanLiteralExpr?: "Bool"
    default: nil
    }
}

private func names(of clause: FunctionParameterClauseSyntax) -> [LocalName] {
    clause.parameters.map {
        LocalName(
            name: ($0.secondName ?? $0.firstName).text,
            kind: .value(type: $0.type.trimmedDescription))
    }
}

private func names(of closure: ClosureExprSyntax) -> [LocalName] {
    var names = (closure.signature?.capture?.items ?? []).map {
        LocalName(name: $0.name.text, kind: .value(type: nil))
    }
    switch closure.signature?.parameterClause {
    case .simpleInput(let list)?:
        names += list.map { LocalName(name: $0.name.text, kind: .value(type: nil)) }
    case .parameterClause(let clause)?:
        names += clause.parameters.map {
            LocalName(
                name: ($0.secondName ?? $0.firstName).text,
                kind: .value(type: $0.type?.trimmedDescription))
        }
    default: break
    }
    return names
}

private func names(inPatternsOf node: (some SyntaxProtocol)?) -> [LocalName] {
    guard let node else { return [] }
    let finder = PatternNames(viewMode: .sourceAccurate)
    finder.walk(node)
    return finder.names
}

private final class PatternNames: SyntaxVisitor {
    var names: [LocalName] = []

    override func visit(_ node: IdentifierPatternSyntax) -> SyntaxVisitorContinueKind {
        names.append(LocalName(name: node.identifier.text, kind: .value(type: nil)))
        return .skipChildren
    }

    override func visit(_ node: ClosureExprSyntax) -> SyntaxVisitorContinueKind { .skipChildren }
}

/// Properties and methods that need `self`.
private func instanceMembers(of block: MemberBlockSyntax) -> [LocalName] {
    block.members.flatMap { member -> [LocalName] in
        let modifiers = member.decl.asProtocol((any WithModifiersSyntax).self)?.modifiers
        let isStatic = modifiers?.contains { ["static", "class"].contains($0.name.text) } == true
        if isStatic { return [] }
        if let variable = member.decl.as(VariableDeclSyntax.self) {
            return names(of: variable).map { local in
                guard case .value(let type) = local.kind else { return local }
                return LocalName(name: local.name, kind: .member(type: type))
            }
        }
        if let function = member.decl.as(FunctionDeclSyntax.self) {
            return [LocalName(name: function.name.text, kind: .function)]
        }
        return []
    }
}
