/*
 * The design behind docs/promises.md, its promises, and flawed designs that break them.
 *
 * Open it in Alloy 6 (https://alloytools.org) and execute all commands: each states its expected result.
 * In the build, ModelTest does this.
 *
 * The model leaves out the tenant's project. It leaves out malformed requests, because they end before anything here
 * begins. It leaves out the read that follows if DynamoDB refuses a write without returning the item. That read sees
 * the item that made the write fail, or a later state.
 */
module reserve

sig Domain {}

/** A gateway instance and its owner in the table of owners. */
sig Instance { var owner: lone Domain }

/** An API group and its item in the reservations table. The attempt that wrote the item represents it here. */
sig Group { var item: lone Attempt }

/** A tenant's order. The caller may send an order many times. */
sig Order { domain: Domain, instance: Instance, group: Group }

/** The orders sent with an Idempotency-Key. */
sig Keyed in Order {}

/** One request. It creates one purchase id, so the call represents that id here. */
sig Call { order: Order, var response: lone Response, var returned: lone Call, var awaited: lone Attempt }

/** The calls that have passed the ownership check and have no response yet. */
var sig Running in Call {}

/** Unknown is a 500 or no response: a crash, a timeout, a broken connection. */
abstract sig Response {}
one sig Created, Conflict, Forbidden, Unknown extends Response {}

/** One attempt of the conditional write. It may arrive long after its call has given it up. */
sig Attempt { call: Call, var found: lone Attempt }
var sig Sent, InFlight in Attempt {}

/** The flaw of a design. The real design has none. */
abstract sig Flaw {}
one sig WritesBeforeTheCheck, WritesAfterAFailedCheck, WritesWithoutACondition, DoesNotRecogniseItsOwnWrite,
  ReportsATimeoutAsAConflict, RevealsThePurchaseId, HidesThePurchaseId, TreatsA403AsFinal, ReleasesWithoutAWait,
  ReleasesWhileOthersCall, MovesWithoutAWait extends Flaw {}
lone sig Design { flaw: Flaw }

fun wanted[c: Call]: Group { c.order.group }
fun holder[g: Group]: Call { g.item.call }
pred owns[c: Call] { c.order.instance.owner = c.order.domain }
pred sameTenant[c, d: Call] { c.order.domain = d.order.domain and c.order.instance = d.order.instance }
pred isRetryOf[c, d: Call] { c != d and c.order = d.order and c.order in Keyed }

fact threeAttempts { all c: Call | no disj a, b, d, e: call.c | some a }

fact start {
  no item and no response and no returned and no awaited and no found
  no Running and no Sent and no InFlight
}

-- The function

/** Checks the owner. */
pred begin[c: Call] {
  c not in Running and no c.response
  (owns[c] and run_[c])
    or (not owns[c] and end[c, Forbidden, none])
    or end[c, Unknown, none]
    or (some Design.flaw & (WritesBeforeTheCheck + WritesAfterAFailedCheck) and run_[c])
  attemptsStay and tablesStay and awaited' = awaited
}

/** Sends an attempt: the first one, or the next one after giving up the previous. */
pred send[a: Attempt] {
  a.call in Running and a not in Sent
  Sent' = Sent + a and InFlight' = InFlight + a and awaited' = awaited ++ a.call -> a
  found' = found and Running' = Running and response' = response and returned' = returned and tablesStay
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

/** Responds according to what the attempt found, or gives up. */
pred finish[c: Call] {
  c in Running
  (end[c, Unknown, none] and Design.flaw != ReportsATimeoutAsAConflict)
    or (end[c, Conflict, none] and Design.flaw = ReportsATimeoutAsAConflict)
    or (some i: c.awaited.found | respond[c, i])
  attemptsStay and tablesStay and awaited' = awaited
}

pred respond[c: Call, i: Attempt] {
  Design.flaw = WritesBeforeTheCheck and not owns[c] implies end[c, Forbidden, none]
  else (isOwn[c, i] or isRetryOf[c, i.call]) implies end[c, Created, i.call]
  else mayLearn[c, i.call] implies end[c, Conflict, i.call]
  else end[c, Conflict, none]
}

pred isOwn[c: Call, i: Attempt] {
  Design.flaw = DoesNotRecogniseItsOwnWrite implies i = c.awaited else i.call = c
}

pred mayLearn[c, h: Call] {
  Design.flaw = RevealsThePurchaseId or (sameTenant[c, h] and Design.flaw != HidesThePurchaseId)
}

pred run_[c: Call] { Running' = Running + c and response' = response and returned' = returned }

pred end[c: Call, a: Response, purchase: set Call] {
  Running' = Running - c and response' = response + c -> a and returned' = returned + c -> purchase
}

-- The operator

pred revoke[i: Instance] {
  some i.owner and owner' = owner - i -> Domain and item' = item and callsStay and attemptsStay
}

/** Registers an owner after a wait. */
pred register[i: Instance, d: Domain] {
  no i.owner and owner' = owner + i -> d and item' = item and callsStay and attemptsStay
  Design.flaw = MovesWithoutAWait or waitedFor[order.instance.i]
}

/** Deletes the reservation of a group after a wait. */
pred free[g: Group] {
  some g.item and item' = item - g -> Attempt and owner' = owner and callsStay and attemptsStay
  Design.flaw = ReleasesWithoutAWait
    or (Design.flaw = ReleasesWhileOthersCall and waitedFor[{ c: order.group.g | sameTenant[c, holder[g]] }])
    or waitedFor[order.group.g]
}

/**
 * The wait was long enough for these calls: each call that has begun has ended, and each of its attempts has arrived
 * or never will.
 */
pred waitedFor[calls: set Call] { no calls & Running and no call.calls & InFlight }

-- One step at a time

pred callsStay { Running' = Running and response' = response and returned' = returned and awaited' = awaited }
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

pred returns[c: Call, a: Response] { no c.response and c.response' = a }
pred isWritten[c: Call] { c not in holder[wanted[c]] and c in wanted[c].item'.call }
pred hasBegun[c: Call] { c in Running or some c.response }

/** A purchase id that comes with a 201 is the one in the table, until the operator releases the group. */
pred OnePurchaseWhichIsStored {
  always all c: Call | let g = wanted[c] {
    returns[c, Created] implies holder[g] = c.returned'
    c.response = Created and holder[g] = c.returned and not free[g] implies g.item' = g.item
  }
}

/** A 409 means that the group is reserved, and not by this call or by one that it retries. */
pred NoFalseConflict {
  always all c: Call | returns[c, Conflict] implies
    some h: holder[wanted[c]] | h != c and not isRetryOf[c, h]
}

/** If the caller considers an order refused, the order holds nothing. */
pred ARetrySettlesTheOrder { always all o: Order | refused[o] implies no order.o & holder[o.group] }

/**
 * The caller refuses an order after a 409 without a purchase id, or after a 403 if no call of the order can have
 * reserved the group.
 */
pred refused[o: Order] {
  no c: order.o | c.response = Created
  some c: order.o | (c.response = Conflict and no c.returned) or (c.response = Forbidden and
    (Design.flaw = TreatsA403AsFinal or no d: order.o | d in Running or d.response = Unknown))
}

pred OnlyTheHolderLearnsThePurchaseId { always all c: Call, h: c.returned | sameTenant[c, h] }

pred TheHolderLearnsItsPurchaseId {
  always all c: Call, h: holder[wanted[c]] |
    (returns[c, Created] or returns[c, Conflict]) and sameTenant[c, h] implies c.returned' = h
}

pred NothingWrittenForA403 { always all c: Call | c.response = Forbidden implies c not in holder[Group] }

pred NothingWrittenWithoutAnOwner { always all c: Call | isWritten[c] implies once owns[c] }

/** No call that began before a release reserves the group after it. */
pred AReleaseLasts {
  always all c: Call | isWritten[c] implies not once (free[wanted[c]] and hasBegun[c])
}

/** No call writes for a previous owner of the instance. */
pred AMoveLasts { always all c: Call | isWritten[c] implies c.order.instance.owner in c.order.domain }

-- The real design keeps its promises. In the same scope, each flaw below breaks one of them.

check OnePurchaseWhichIsStored { no Design implies OnePurchaseWhichIsStored }
  for 2 but 1 Group, 4 Attempt, exactly 7 steps expect 0
check NoFalseConflict { no Design implies NoFalseConflict }
  for 2 but 1 Group, 4 Attempt, exactly 7 steps expect 0
check ARetrySettlesTheOrder { no Design implies ARetrySettlesTheOrder }
  for 2 but 1 Group, 4 Attempt, exactly 7 steps expect 0
check OnlyTheHolderLearnsThePurchaseId { no Design implies OnlyTheHolderLearnsThePurchaseId }
  for 2 but 1 Group, 4 Attempt, exactly 8 steps expect 0
check TheHolderLearnsItsPurchaseId { no Design implies TheHolderLearnsItsPurchaseId }
  for 2 but 1 Group, 4 Attempt, exactly 8 steps expect 0
check NothingWrittenForA403 { no Design implies NothingWrittenForA403 }
  for 2 but 1 Group, 4 Attempt, exactly 7 steps expect 0
check NothingWrittenWithoutAnOwner { no Design implies NothingWrittenWithoutAnOwner }
  for 2 but 1 Group, 4 Attempt, exactly 7 steps expect 0
check AReleaseLasts { no Design implies AReleaseLasts }
  for 2 but 1 Group, 4 Attempt, exactly 9 steps expect 0
check AMoveLasts { no Design implies AMoveLasts }
  for 2 but 1 Group, 4 Attempt, exactly 7 steps expect 0

-- Each flaw breaks a promise.

run WritesWithoutACondition { Design.flaw = WritesWithoutACondition and not OnePurchaseWhichIsStored }
  for 2 but 1 Group, 4 Attempt, exactly 7 steps expect 1
run DoesNotRecogniseItsOwnWrite { Design.flaw = DoesNotRecogniseItsOwnWrite and not NoFalseConflict }
  for 2 but 1 Group, 4 Attempt, exactly 7 steps expect 1
run ReportsATimeoutAsAConflict { Design.flaw = ReportsATimeoutAsAConflict and not NoFalseConflict }
  for 2 but 1 Group, 4 Attempt, exactly 7 steps expect 1
run TreatsA403AsFinal { Design.flaw = TreatsA403AsFinal and not ARetrySettlesTheOrder }
  for 2 but 1 Group, 4 Attempt, exactly 7 steps expect 1
run RevealsThePurchaseId { Design.flaw = RevealsThePurchaseId and not OnlyTheHolderLearnsThePurchaseId }
  for 2 but 1 Group, 4 Attempt, exactly 8 steps expect 1
run HidesThePurchaseId { Design.flaw = HidesThePurchaseId and not TheHolderLearnsItsPurchaseId }
  for 2 but 1 Group, 4 Attempt, exactly 8 steps expect 1
run WritesBeforeTheCheck { Design.flaw = WritesBeforeTheCheck and not NothingWrittenForA403 }
  for 2 but 1 Group, 4 Attempt, exactly 7 steps expect 1
run WritesAfterAFailedCheck { Design.flaw = WritesAfterAFailedCheck and not NothingWrittenWithoutAnOwner }
  for 2 but 1 Group, 4 Attempt, exactly 7 steps expect 1
run ReleasesWithoutAWait { Design.flaw = ReleasesWithoutAWait and not AReleaseLasts }
  for 2 but 1 Group, 4 Attempt, exactly 9 steps expect 1
run ReleasesWhileOthersCall { Design.flaw = ReleasesWhileOthersCall and not AReleaseLasts }
  for 2 but 1 Group, 4 Attempt, exactly 9 steps expect 1
run MovesWithoutAWait { Design.flaw = MovesWithoutAWait and not AMoveLasts }
  for 2 but 1 Group, 4 Attempt, exactly 7 steps expect 1

-- The real design serves its purpose: a third attempt reserves, and so does another order after a release.

pred thirdAttemptReserves { some disj a, b, c: Attempt | a.call = b.call and b.call = c.call and
  eventually (a + b in Sent and c not in Sent and eventually (isWritten[a.call] and arrive[c] and
    eventually returns[a.call, Created])) }
pred releasedGroupIsReservedAgain { some disj c, d: Call | c.order != d.order and eventually (returns[c, Created] and
  eventually (free[wanted[c]] and eventually returns[d, Created])) }

run thirdAttemptReserves { no Design and thirdAttemptReserves }
  for 2 but 1 Group, 4 Attempt, exactly 8 steps expect 1
run releasedGroupIsReservedAgain { no Design and releasedGroupIsReservedAgain }
  for 2 but 1 Group, 4 Attempt, exactly 10 steps expect 1
