/*
 * The design behind docs/promises.md, its promises, and designs that break them.
 *
 * Open it in Alloy 6 (https://alloytools.org) and execute all commands: each names the result it expects.
 * ModelTest does the same in the build.
 *
 * Left out: malformed requests, which end before anything here begins, and the read after a refusal that came
 * without the item, which sees what the refused attempt saw or something later.
 */
module reserve

sig Domain {}

/** A gateway instance, with its item in the table of owners. */
sig Instance { var owner: lone Domain }

/** An API group, with its item in the table of reservations: the attempt that wrote it. */
sig Group { var item: lone Attempt }

/** An order of a tenant, which is a domain with an instance. The caller may send it many times. */
sig Order { domain: Domain, instance: Instance, group: Group }

/** The orders that are sent with an Idempotency-Key. */
sig Keyed in Order {}

/** One request. It makes one purchase id, and stands for it here. */
sig Call { order: Order, var answer: lone Answer, var told: lone Call, var awaited: lone Attempt }

/** The calls that have passed the ownership check and have no answer yet. */
var sig Running in Call {}

/** Unknown is a 500, or no answer at all: a crash, a timeout, a broken connection. */
abstract sig Answer {}
one sig Created, Conflict, Forbidden, Unknown extends Answer {}

/** One send of the conditional write. It may arrive long after its call has given it up. */
sig Attempt { call: Call, var found: lone Attempt }
var sig Sent, InFlight in Attempt {}

/** What is wrong with a design. The real one has no flaw. */
abstract sig Flaw {}
one sig WritesBeforeTheCheck, WritesAfterAFailedCheck, WritesWithoutACondition, MissesItsOwnWrite,
  CallsATimeoutAConflict, TellsEverybody, TellsNobody, TakesA403AsFinal, ReleasesAtOnce,
  ReleasesWhileOthersCall, MovesAtOnce extends Flaw {}
lone sig Design { flaw: Flaw }

fun wanted[c: Call]: Group { c.order.group }
fun holder[g: Group]: Call { g.item.call }
pred owns[c: Call] { c.order.instance.owner = c.order.domain }
pred sameTenant[c, d: Call] { c.order.domain = d.order.domain and c.order.instance = d.order.instance }
pred repeats[c, d: Call] { c != d and c.order = d.order and c.order in Keyed }

fact threeAttempts { all c: Call | no disj a, b, d, e: call.c | some a }

fact start {
  no item and no answer and no told and no awaited and no found
  no Running and no Sent and no InFlight
}

-- The function

/** Checks the owner. */
pred begin[c: Call] {
  c not in Running and no c.answer
  (owns[c] and run_[c])
    or (not owns[c] and end[c, Forbidden, none])
    or end[c, Unknown, none]
    or (some Design.flaw & (WritesBeforeTheCheck + WritesAfterAFailedCheck) and run_[c])
  attemptsStay and tablesStay and awaited' = awaited
}

/** Sends an attempt: the first, or the next after giving one up. */
pred send[a: Attempt] {
  a.call in Running and a not in Sent
  Sent' = Sent + a and InFlight' = InFlight + a and awaited' = awaited ++ a.call -> a
  found' = found and Running' = Running and answer' = answer and told' = told and tablesStay
}

/** An attempt takes effect in DynamoDB: at once, late, or after its call has ended. */
pred arrive[a: Attempt] {
  a in InFlight and InFlight' = InFlight - a and Sent' = Sent and callsStay and owner' = owner
  let g = wanted[a.call] {
    some g.item and Design.flaw != WritesWithoutACondition implies item' = item else item' = item ++ g -> a
    found' = found + a -> g.item'
  }
}

/** An attempt is lost. */
pred vanish[a: Attempt] {
  a in InFlight and InFlight' = InFlight - a and Sent' = Sent and found' = found and callsStay and tablesStay
}

/** Answers by what the attempt found, or gives up. */
pred finish[c: Call] {
  c in Running
  (end[c, Unknown, none] and Design.flaw != CallsATimeoutAConflict)
    or (end[c, Conflict, none] and Design.flaw = CallsATimeoutAConflict)
    or (some i: c.awaited.found | answers[c, i])
  attemptsStay and tablesStay and awaited' = awaited
}

pred answers[c: Call, i: Attempt] {
  Design.flaw = WritesBeforeTheCheck and not owns[c] implies end[c, Forbidden, none]
  else (isOwn[c, i] or repeats[c, i.call]) implies end[c, Created, i.call]
  else mayLearn[c, i.call] implies end[c, Conflict, i.call]
  else end[c, Conflict, none]
}

pred isOwn[c: Call, i: Attempt] {
  Design.flaw = MissesItsOwnWrite implies i = c.awaited else i.call = c
}

pred mayLearn[c, h: Call] {
  Design.flaw = TellsEverybody or (sameTenant[c, h] and Design.flaw != TellsNobody)
}

pred run_[c: Call] { Running' = Running + c and answer' = answer and told' = told }

pred end[c: Call, a: Answer, purchase: set Call] {
  Running' = Running - c and answer' = answer + c -> a and told' = told + c -> purchase
}

-- The operator

pred revoke[i: Instance] {
  some i.owner and owner' = owner - i -> Domain and item' = item and callsStay and attemptsStay
}

/** Registers an owner after a wait. */
pred register[i: Instance, d: Domain] {
  no i.owner and owner' = owner + i -> d and item' = item and callsStay and attemptsStay
  Design.flaw = MovesAtOnce or waitedFor[order.instance.i]
}

/** Deletes the reservation of a group after a wait. */
pred free[g: Group] {
  some g.item and item' = item - g -> Attempt and owner' = owner and callsStay and attemptsStay
  Design.flaw = ReleasesAtOnce
    or (Design.flaw = ReleasesWhileOthersCall and waitedFor[{ c: order.group.g | sameTenant[c, holder[g]] }])
    or waitedFor[order.group.g]
}

/**
 * The wait has been long enough for all of these calls that have begun: they have ended, and each of their attempts
 * has arrived or never will.
 */
pred waitedFor[calls: set Call] { no calls & Running and no call.calls & InFlight }

-- One step at a time

pred callsStay { Running' = Running and answer' = answer and told' = told and awaited' = awaited }
pred attemptsStay { Sent' = Sent and InFlight' = InFlight and found' = found }
pred tablesStay { owner' = owner and item' = item }
pred nothing { callsStay and attemptsStay and tablesStay }

fact oneStepAtATime {
  always {
    nothing
    or (some c: Call | begin[c] or finish[c])
    or (some a: Attempt | send[a] or arrive[a] or vanish[a])
    or (some i: Instance | revoke[i] or some d: Domain | register[i, d])
    or (some g: Group | free[g])
  }
}

-- The promises

pred isAnswered[c: Call, a: Answer] { no c.answer and c.answer' = a }
pred isWritten[c: Call] { c not in holder[wanted[c]] and c in wanted[c].item'.call }
pred hasBegun[c: Call] { c in Running or some c.answer }

/** A purchase id that comes with a 201 is the one in the table, until the operator releases the group. */
pred OnePurchaseAndItIsStored {
  always all c: Call | let g = wanted[c] {
    isAnswered[c, Created] implies holder[g] = c.told'
    c.answer = Created and holder[g] = c.told and not free[g] implies g.item' = g.item
  }
}

/** A 409 means that the group is reserved, and not by this call or by one that it repeats. */
pred NoFalseConflict {
  always all c: Call | isAnswered[c, Conflict] implies
    some h: holder[wanted[c]] | h != c and not repeats[c, h]
}

/** An order that its caller takes for refused holds nothing. */
pred ARepeatSettlesIt { always all o: Order | refused[o] implies no order.o & holder[o.group] }

/** The caller takes a 409 as final, and a 403 only if no call of the order may have reserved. */
pred refused[o: Order] {
  no c: order.o | c.answer = Created
  some c: order.o | (c.answer = Conflict and no c.told) or (c.answer = Forbidden and
    (Design.flaw = TakesA403AsFinal or no d: order.o | d in Running or d.answer = Unknown))
}

pred AConflictNamesAPurchaseToItsHolderAlone { always all c: Call, h: c.told | sameTenant[c, h] }

pred TheHolderLearnsItsPurchase {
  always all c: Call, h: holder[wanted[c]] |
    (isAnswered[c, Created] or isAnswered[c, Conflict]) and sameTenant[c, h] implies c.told' = h
}

pred NothingWrittenForA403 { always all c: Call | c.answer = Forbidden implies c not in holder[Group] }

pred NothingWrittenWithoutAnOwner { always all c: Call | isWritten[c] implies once owns[c] }

/** No call that began before a release reserves the group after it. */
pred AReleaseLasts {
  always all c: Call | isWritten[c] implies not once (free[wanted[c]] and hasBegun[c])
}

/** No call writes for an owner that the instance had before it got another. */
pred AMoveLasts { always all c: Call | isWritten[c] implies c.order.instance.owner in c.order.domain }

-- The real design keeps its promises.

check OnePurchaseAndItIsStored { no Design implies OnePurchaseAndItIsStored }
  for 2 but 1 Group, 4 Attempt, exactly 8 steps expect 0
check NoFalseConflict { no Design implies NoFalseConflict }
  for 2 but 1 Group, 4 Attempt, exactly 8 steps expect 0
check ARepeatSettlesIt { no Design implies ARepeatSettlesIt }
  for 2 but 1 Group, 4 Attempt, exactly 8 steps expect 0
check AConflictNamesAPurchaseToItsHolderAlone { no Design implies AConflictNamesAPurchaseToItsHolderAlone }
  for 2 but 1 Group, 4 Attempt, exactly 8 steps expect 0
check TheHolderLearnsItsPurchase { no Design implies TheHolderLearnsItsPurchase }
  for 2 but 1 Group, 4 Attempt, exactly 8 steps expect 0
check NothingWrittenForA403 { no Design implies NothingWrittenForA403 }
  for 2 but 1 Group, 4 Attempt, exactly 8 steps expect 0
check NothingWrittenWithoutAnOwner { no Design implies NothingWrittenWithoutAnOwner }
  for 2 but 1 Group, 4 Attempt, exactly 8 steps expect 0
check AReleaseLasts { no Design implies AReleaseLasts }
  for 2 but 1 Group, 4 Attempt, exactly 9 steps expect 0
check AMoveLasts { no Design implies AMoveLasts }
  for 2 but 1 Group, 4 Attempt, exactly 8 steps expect 0

-- Each flaw breaks a promise.

run WritesWithoutACondition { Design.flaw = WritesWithoutACondition and not OnePurchaseAndItIsStored }
  for 2 but 1 Group, 4 Attempt, exactly 8 steps expect 1
run MissesItsOwnWrite { Design.flaw = MissesItsOwnWrite and not NoFalseConflict }
  for 2 but 1 Group, 4 Attempt, exactly 8 steps expect 1
run CallsATimeoutAConflict { Design.flaw = CallsATimeoutAConflict and not NoFalseConflict }
  for 2 but 1 Group, 4 Attempt, exactly 8 steps expect 1
run TakesA403AsFinal { Design.flaw = TakesA403AsFinal and not ARepeatSettlesIt }
  for 2 but 1 Group, 4 Attempt, exactly 8 steps expect 1
run TellsEverybody { Design.flaw = TellsEverybody and not AConflictNamesAPurchaseToItsHolderAlone }
  for 2 but 1 Group, 4 Attempt, exactly 8 steps expect 1
run TellsNobody { Design.flaw = TellsNobody and not TheHolderLearnsItsPurchase }
  for 2 but 1 Group, 4 Attempt, exactly 8 steps expect 1
run WritesBeforeTheCheck { Design.flaw = WritesBeforeTheCheck and not NothingWrittenForA403 }
  for 2 but 1 Group, 4 Attempt, exactly 8 steps expect 1
run WritesAfterAFailedCheck { Design.flaw = WritesAfterAFailedCheck and not NothingWrittenWithoutAnOwner }
  for 2 but 1 Group, 4 Attempt, exactly 8 steps expect 1
run ReleasesAtOnce { Design.flaw = ReleasesAtOnce and not AReleaseLasts }
  for 2 but 1 Group, 4 Attempt, exactly 9 steps expect 1
run ReleasesWhileOthersCall { Design.flaw = ReleasesWhileOthersCall and not AReleaseLasts }
  for 2 but 1 Group, 4 Attempt, exactly 9 steps expect 1
run MovesAtOnce { Design.flaw = MovesAtOnce and not AMoveLasts }
  for 2 but 1 Group, 4 Attempt, exactly 8 steps expect 1

-- The real design does what it is for: a third attempt reserves, and so does another order after a release.

pred thirdAttemptReserves { some disj a, b, c: Attempt | a.call = b.call and b.call = c.call and
  eventually (a + b in Sent and c not in Sent and eventually (isWritten[a.call] and arrive[c] and
    eventually isAnswered[a.call, Created])) }
pred releasedGroupIsReservedAgain { some disj c, d: Call | c.order != d.order and eventually (isAnswered[c, Created] and
  eventually (free[wanted[c]] and eventually isAnswered[d, Created])) }

run thirdAttemptReserves { no Design and thirdAttemptReserves }
  for 2 but 1 Group, 4 Attempt, exactly 8 steps expect 1
run releasedGroupIsReservedAgain { no Design and releasedGroupIsReservedAgain }
  for 2 but 1 Group, 4 Attempt, exactly 10 steps expect 1
