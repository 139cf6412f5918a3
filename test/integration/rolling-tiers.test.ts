import { accidents } from './rolling/accidents.ts'
import { applications } from './rolling/app.ts'
import { balancers } from './rolling/balancers.ts'
import { rollingBed } from './rolling/bed.ts'
import { webServers } from './rolling/web.ts'

/** Three tiers that are rolled again and again, under load on both floating addresses; each part finds all in service. */
const bed = rollingBed()

webServers(bed)
applications(bed)
balancers(bed)
accidents(bed)
